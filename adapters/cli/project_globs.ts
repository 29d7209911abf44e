/**
 * The values of `--project`, brought to globs that can be compared with the paths of projects.
 *
 * @module
 */
import { inHome } from "../paths/home.ts";
import { globForms, pathRules } from "../paths/project_paths.ts";
import { pathsOf } from "../paths/surroundings.ts";
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

function absoluteGlob(value: string, terminal: Terminal): string {
  const paths = pathsOf(terminal);
  if (value === "") throw new UsageError("--project is empty; give a folder or a glob of folders");
  if (value.startsWith("*") || paths.isAbsolute(value)) return withoutEnd(value);
  if (!value.startsWith("~")) return withoutEnd(paths.join(terminal.cwd(), value));
  const placed = inHome(value, terminal);
  if ("path" in placed) return withoutEnd(placed.path);
  throw new UsageError(`--project is ${JSON.stringify(value)}, which ${placed.fault}`);
}

function withoutEnd(glob: string): string {
  return glob.length > 1 ? glob.replace(/[/\\]+$/, "") || "/" : glob;
}
