/**
 * Project paths as users and agents write them, brought to forms that can be compared.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { PathRules } from "../../core/routing.ts";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/**
 * How paths are compared on this machine.
 *
 * @param terminal Knows the platform.
 */
export function pathRules({ platform }: Pick<Terminal, "platform">): PathRules {
  const windows = platform === "win32";
  return { ignoreCase: windows || platform === "darwin", windows };
}

const realPaths = new Map<string, string>();

/**
 * The forms a project's path is known by: as given, and with links resolved as far as it exists.
 *
 * @param path An absolute path; nothing need be there any more.
 */
export function projectPaths(path: string): string[] {
  const real = realPaths.get(path) ?? realPathOf(path);
  realPaths.set(path, real);
  return real === path ? [path] : [path, real];
}

/** The real path of the nearest ancestor that exists, and the rest as it is. */
function realPathOf(path: string): string {
  const { dirname, basename, join } = path.startsWith("/") ? posix : win32;
  const rest: string[] = [];
  for (let at = path;; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...rest);
    } catch (error) {
      // Whatever keeps a folder from being looked at, its parent may say more.
      if (!(error instanceof Error) || dirname(at) === at) return path;
      rest.unshift(basename(at));
    }
  }
}

/**
 * Turns the values of `--project` into globs of absolute paths: `~` is the home folder, relative
 * ones count from the working directory, and links before the first wildcard are resolved too.
 *
 * @param values As the user wrote them.
 * @param terminal Knows home folder and working directory.
 */
export function projectGlobs(values: readonly string[], terminal: Terminal): string[] {
  return [...new Set(values.flatMap((value) => globForms(absoluteGlob(value, terminal))))];
}

function absoluteGlob(value: string, { env, platform, cwd }: Terminal): string {
  const paths = platform === "win32" ? win32 : posix;
  if (value === "") throw new UsageError("--project is empty; give a folder or a glob of folders");
  if (value.startsWith("*") || paths.isAbsolute(value)) return withoutEnd(value);
  if (/^~(?=$|[/\\])/.test(value)) {
    const home = platform === "win32" ? env.USERPROFILE : env.HOME;
    if (!home) {
      throw new UsageError(`--project is "${value}", and no home folder is known; spell it out`);
    }
    return withoutEnd(paths.join(home, value.slice(1)));
  }
  return withoutEnd(paths.join(cwd(), value));
}

function withoutEnd(glob: string): string {
  return glob.length > 1 ? glob.replace(/[/\\]+$/, "") || "/" : glob;
}

/** A glob as given, and with its literal beginning as a real path. */
function globForms(glob: string): string[] {
  const wild = glob.search(/[*?[\]{}()!+@]/);
  if (wild < 0) return projectPaths(glob);
  const end = Math.max(glob.lastIndexOf("/", wild), glob.lastIndexOf("\\", wild));
  if (end <= 0) return [glob];
  return projectPaths(glob.slice(0, end)).map((literal) => literal + glob.slice(end));
}
