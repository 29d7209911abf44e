/**
 * What an endpoint may look like.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";

/**
 * Checks the address of a store.
 *
 * @param text The address.
 * @param said Who names it, for the message.
 * @param backend Whose it is.
 * @returns The address without surrounding white space.
 * @throws ArchiveError `Invalid` for what is no http or https address, and for one with a user,
 * password, query or fragment in it; those are not shown.
 */
export function checkEndpoint(text: string, said: string, backend: string): string {
  const problem = problemOf(text.trim());
  if (problem === undefined) return text.trim();
  // A password, or a signature in a query, must not get into logs.
  const shown = /[@?#]/.test(text) ? "" : ` ${JSON.stringify(text)}`;
  const message = `the endpoint${shown} of the backend ${JSON.stringify(backend)}, from ${said}, ` +
    `${problem}; give the store's address, such as https://s3.example.com or http://localhost:9000`;
  throw new ArchiveError("Invalid", message, { backend });
}

function problemOf(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return "does not begin with http:// or https://";
  if (!URL.canParse(text)) return "is no URL";
  const url = new URL(text);
  if (url.username || url.password) return "holds a user or password; put keys under credentials";
  if (url.search || url.hash) return "must not have a query or fragment";
}
