/**
 * Whether this program will still be where it is: agents call it by its path, for as long as they are
 * used.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { sep } from "node:path";

/** What package runners make and clear away as they like. */
const CACHE = /[/\\](?:_npx|\.?caches?|dlx[^/\\]*|bunx-[^/\\]*)[/\\]/i;
/** What runs scripts. An agent's own program, which can do it too, would begin as the agent. */
const RUNTIME = /(?:^|[/\\])(?:node|nodejs|bun|deno)(?:\.exe)?$/i;

/** What speaks against a place: it cannot be used, or may not last. */
export interface Doubt {
  readonly isFatal: boolean;
  /** A sentence that names the path and says what to do. */
  readonly message: string;
}

/**
 * What speaks against having a program called.
 *
 * @param runtime The path of the runtime.
 * @param program The path of the program.
 * @param command What to do again once it lies where it stays.
 */
export function doubtAbout(
  runtime: string,
  program: string,
  command: string,
): Doubt | undefined {
  if (!RUNTIME.test(runtime)) {
    const message =
      `${runtime} cannot be called, since it is no runtime of its own; run this with Node, Deno or Bun`;
    return { isFatal: true, message };
  }
  const advice =
    'install it for good, as by "npm install --global opencode-session-archiver", and ' +
    `run "session-archiver ${command}"`;
  const cached = [runtime, program].find((path) => CACHE.test(path));
  if (cached !== undefined) {
    return { isFatal: true, message: `${cached} lies in a cache, and may be gone soon; ${advice}` };
  }
  const passing = [runtime, program].find((path) => path.startsWith(tmpdir() + sep));
  if (passing === undefined) return undefined;
  const message =
    `${passing} lies in the folder for temporary files; if it does not stay, ${advice}`;
  return { isFatal: false, message };
}
