/**
 * The rules of a configuration as the core takes them.
 *
 * @module
 */
import type { Rule } from "../../core/routing.ts";
import { chosen } from "./chosen.ts";
import type { Config } from "./config.ts";

/**
 * Brings rules to the form that projects are decided by.
 *
 * @param config Has them.
 * @param only The only backend that counts, where the user chose one.
 */
export function coreRules({ rules }: Pick<Config, "rules">, only?: string): Rule[] {
  return rules.map(({ patterns, backends }) => ({
    match: patterns.flatMap(({ globs }) => globs),
    backends: chosen(backends, only),
  }));
}
