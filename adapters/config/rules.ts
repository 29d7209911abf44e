/**
 * The globs of rules, as they are written and as they are compared.
 *
 * @module
 */
import type { PathRules } from "../../core/routing.ts";
import { globForms } from "../paths/project_paths.ts";
import type { ConfigRule } from "./config.ts";
import type { Finding } from "./finding.ts";
import { foundText } from "./found.ts";
import { type KeyPath, valueAt } from "./key_path.ts";
import { absoluteGlob, type PathSurroundings } from "./paths.ts";

/**
 * Finds the globs that cannot be used.
 *
 * @param raw The file as it stands.
 * @param tree The file with variables expanded.
 * @param where Environment and platform.
 */
export function wrongGlobs(raw: unknown, tree: unknown, where: PathSurroundings): Finding[] {
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
  where: PathSurroundings,
): Finding[] {
  if (typeof glob !== "string") return [];
  const placed = absoluteGlob(glob, where);
  if ("path" in placed) return [];
  const found = glob === "" ? "" : `${foundText(valueAt(raw, path), path)}, which `;
  return [{ path, message: found + placed.fault }];
}

/**
 * A rule ready for the router, of globs that were found right.
 *
 * @param match The globs as they stand in the file.
 * @param expanded The same with variables expanded.
 * @param backends The names of its backends.
 * @param where Environment and platform.
 * @param how How paths are compared.
 */
export function configRule(
  match: readonly string[],
  expanded: readonly string[],
  backends: readonly string[],
  where: PathSurroundings,
  how: PathRules,
): ConfigRule {
  const globs = expanded.flatMap((glob) => {
    const placed = absoluteGlob(glob, where);
    return "path" in placed ? globForms(placed.path, how) : [];
  });
  return { match, globs: [...new Set(globs)], backends };
}
