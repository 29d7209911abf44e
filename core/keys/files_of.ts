/**
 * Archives of the files that lie beside a session and belong to it: each has an id that is made of its
 * session's, and no conversation.
 *
 * @module
 */

/** What such an id ends in. No agent's own does. */
const ENDING = ".files";

/**
 * The id that the files beside a session are archived under.
 *
 * @param id The session's.
 */
export function filesOf(id: string): string {
  return id + ENDING;
}

/**
 * The session that an id's files lie beside.
 *
 * @param id Any id.
 * @returns Undefined for an id that {@linkcode filesOf} did not make.
 */
export function sessionOfFiles(id: string): string | undefined {
  return id.endsWith(ENDING) ? id.slice(0, -ENDING.length) : undefined;
}
