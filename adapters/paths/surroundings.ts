/**
 * What paths depend on, handed in so that they can be told for any machine.
 *
 * @module
 */
import { posix, win32 } from "node:path";

/** Where paths are meant. */
export interface Surroundings {
  /** The environment, which knows the home folder: `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `process.platform`; for paths, only `win32` differs. */
  readonly platform: string;
}

/**
 * How paths are put together there.
 *
 * @param where Its platform counts.
 */
export function pathsOf({ platform }: Pick<Surroundings, "platform">): typeof posix {
  return platform === "win32" ? win32 : posix;
}
