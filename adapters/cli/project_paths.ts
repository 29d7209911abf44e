/**
 * The values of `--project`, brought to globs that can be compared with the paths of projects.
 *
 * @module
 */
import { posix, win32 } from "node:path";
import { globForms, pathRules } from "../paths/project_paths.ts";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Turns the values of `--project` into globs of absolute paths: `~` is the home folder, relative
 * ones count from the working directory, and links before the first wildcard are resolved too.
 *
 * @param values As the user wrote them.
 * @param terminal Knows home folder and working directory.
 */
export function projectGlobs(values: readonly string[], terminal: Terminal): string[] {
  const how = pathRules(terminal);
  return [...new Set(values.flatMap((value) => globForms(absoluteGlob(value, terminal), how)))];
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
