/**
 * What a session id must be, so that keys and file names can be made of it.
 *
 * @module
 */
import { ArchiveError } from "../errors.ts";

/** The longest session id, in UTF-8 bytes: what remains of a 255-byte file name for the rest. */
const MAX_ID_BYTES = 200;

/**
 * Makes sure that a session id can stand in a key as it is.
 *
 * @param id The agent's id of a session.
 * @returns The same id.
 * @throws {ArchiveError} `Invalid` when it is no plain file name.
 *
 * @since 0.1.0
 */
export function checkSessionId(id: string): string {
  const problem = idProblem(id);
  if (problem === undefined) return id;
  throw new ArchiveError(
    "Invalid",
    `the session id ${JSON.stringify(id.slice(0, 80))} ${problem}; an id must be a plain file name`,
    { session: id },
  );
}

/**
 * Why an id is no plain file name, as the rest of a sentence about it.
 *
 * @param id Anything.
 * @returns Undefined when it is one.
 */
export function idProblem(id: string): string | undefined {
  if (id === "") return "is empty";
  if (/[/\\]/.test(id)) return "holds a path separator";
  if (/^\.+$/.test(id)) return "consists of dots only";
  if (/\p{Cc}/u.test(id)) return "holds a control character";
  if (id.includes("~")) return "holds a ~, which marks versions";
  if (/\p{Surrogate}/u.test(id)) return "is not valid Unicode";
  if (new TextEncoder().encode(id).length > MAX_ID_BYTES) return `is over ${MAX_ID_BYTES} bytes`;
  return undefined;
}
