/**
 * Which rule of the configuration a project gets, and that in words.
 *
 * @module
 */
import { type Route, router } from "../../core/routing.ts";
import type { Config } from "../config/config.ts";
import { coreRules } from "../config/core_rules.ts";
import { pathRules, projectPaths } from "../paths/project_paths.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Prepares the rules of a configuration.
 *
 * @param config Has them.
 * @param terminal Knows how paths are compared here.
 * @returns Finds the rule for a project's absolute path.
 */
export async function routesOf(
  config: Config,
  terminal: Terminal,
): Promise<(projectPath: string) => Route> {
  const route = await router(coreRules(config), config.default, pathRules(terminal));
  return (projectPath) => route(projectPaths(projectPath));
}

/**
 * A rule by its number and its patterns: `rule 2 (match: ~/work/**)`.
 *
 * @param config Has it.
 * @param route Which.
 */
export function ruleText({ rules }: Config, { rule }: Route): string {
  if (rule === undefined) return "no rule matches";
  const written = rules[rule].patterns.map((pattern) => pattern.written);
  return `rule ${rule + 1} (match: ${written.join(", ")})`;
}

/**
 * Why a project is left alone, if it is.
 *
 * @param config Has the rules.
 * @param route What they say of the project.
 * @param backend The only backend to work with, if there is such.
 */
export function whyLeftAlone(
  config: Config,
  route: Route,
  backend: string | undefined,
): string | undefined {
  const rule = ruleText(config, route);
  const { backends } = route;
  if (backends.length === 0) return `${rule} says archive: false`;
  if (backend === undefined || backends.includes(backend)) return undefined;
  const names = backends.join(", ");
  return route.rule === undefined
    ? `${rule}, and the default is ${names}, not ${backend}`
    : `${rule} names ${names}, not ${backend}`;
}
