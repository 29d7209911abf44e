/**
 * The values of options that name projects, brought to globs that can be compared with their paths.
 *
 * @module
 */
import { shortened } from "../../core/one_line.ts";
import { inHome } from "../paths/home.ts";
import { globForms, pathRules } from "../paths/project_paths.ts";
import { pathsOf } from "../paths/surroundings.ts";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Turns the values of an option into globs of absolute paths: `~` is the home folder, relative ones
 * count from the working directory, and links before the first wildcard are resolved too.
 *
 * @param values As the user wrote them.
 * @param terminal Knows home folder and working directory.
 * @param option The option, for the message.
 */
export function projectGlobs(
  values: readonly string[],
  terminal: Terminal,
  option = "--project",
): string[] {
  const how = pathRules(terminal);
  const formsOf = (value: string) => globForms(absoluteGlob(value, terminal, option), how);
  return [...new Set(values.flatMap(formsOf))];
}

/**
 * Folders, or globs of folders, with all that lies in them.
 *
 * @param values As the user wrote them.
 */
export function withAllInside(values: readonly string[]): string[] {
  return values.flatMap((value) =>
    value === "" ? value : [value, `${value.replace(/[/\\]+$/, "")}/**`]
  );
}

function absoluteGlob(value: string, terminal: Terminal, option: string): string {
  const paths = pathsOf(terminal);
  if (value === "") throw new UsageError(`${option} is empty; give a folder or a glob of folders`);
  if (value.startsWith("*") || paths.isAbsolute(value)) return withoutEnd(value);
  if (!value.startsWith("~")) return withoutEnd(paths.join(terminal.cwd(), value));
  const placed = inHome(value, terminal);
  if ("path" in placed) return withoutEnd(placed.path);
  const shown = JSON.stringify(shortened(value, 200));
  throw new UsageError(`${option} is ${shown}, which ${placed.fault}`);
}

function withoutEnd(glob: string): string {
  return glob.length > 1 ? glob.replace(/[/\\]+$/, "") || "/" : glob;
}
