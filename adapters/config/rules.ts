/**
 * The globs of rules, as they are written and as they are compared.
 *
 * @module
 */
import { braceExpand } from "minimatch";
import { MOST_ALTERNATIVES } from "../../core/routing.ts";
import { globForms, pathRules } from "../paths/project_paths.ts";
import type { Surroundings } from "../paths/surroundings.ts";
import type { Fault } from "./complaints/fault.ts";
import { foundText } from "./complaints/found.ts";
import { type KeyPath, valueAt } from "./complaints/key_path.ts";
import type { ConfigPattern } from "./config.ts";
import { absoluteGlob } from "./paths.ts";

/**
 * Finds the globs that cannot be used.
 *
 * @param raw The file as it stands.
 * @param tree The file with variables expanded.
 * @param where Environment and platform.
 */
export function wrongGlobs(raw: unknown, tree: unknown, where: Surroundings): Fault[] {
  const rules = valueAt(tree, ["rules"]);
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule, index) => {
    const path = ["rules", index, "match"];
    const match = valueAt(rule, ["match"]);
    return Array.isArray(match)
      ? match.flatMap((glob, at) => wrongGlob(glob, [...path, at], raw, where))
      : wrongGlob(match, path, raw, where);
  });
}

function wrongGlob(
  glob: unknown,
  path: KeyPath,
  raw: unknown,
  where: Surroundings,
): Fault[] {
  if (typeof glob !== "string") return [];
  const placed = absoluteGlob(glob, where);
  if ("path" in placed && alternatives(placed.path).length <= MOST_ALTERNATIVES) return [];
  const fault = "fault" in placed
    ? placed.fault
    : `stands for more than ${MOST_ALTERNATIVES} globs by its braces; write fewer alternatives`;
  const found = glob === "" ? "" : `${foundText(valueAt(raw, path), path)}, which `;
  return [{ path, message: found + fault }];
}

/**
 * A pattern ready to be compared, of a glob that was found right.
 *
 * @param written The glob as it stands in the file.
 * @param expanded The same with variables expanded.
 * @param where Environment and platform.
 */
export function configPattern(
  written: string,
  expanded: string,
  where: Surroundings,
): ConfigPattern {
  const placed = absoluteGlob(expanded, where);
  if (!("path" in placed)) return { written, globs: [] };
  // Each alternative by itself too, since links in one are none in another.
  const globs = [placed.path, ...alternatives(placed.path)]
    .flatMap((glob) => globForms(glob, pathRules(where)));
  return { written, globs: [...new Set(globs)] };
}

function alternatives(glob: string): string[] {
  return braceExpand(glob, { braceExpandMax: MOST_ALTERNATIVES + 1 });
}
