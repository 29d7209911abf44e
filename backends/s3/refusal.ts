/**
 * The error of an option that can never work.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";

/**
 * Refuses an option.
 *
 * @param backend The backend's name.
 * @param what The option, and its value where that may be shown: `the bucket "a b"`.
 * @param fault What is wrong with it, in words that follow, and what to do.
 * @param from Who said so; left out where that is plain.
 */
export function refusedOption(
  backend: string,
  what: string,
  fault: string,
  from?: string,
): ArchiveError {
  const said = from === undefined ? "" : `, from ${from},`;
  const message = `${what} of the backend ${JSON.stringify(backend)}${said} ${fault}`;
  return new ArchiveError("Invalid", message, { backend });
}
