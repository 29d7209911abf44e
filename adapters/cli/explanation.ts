/**
 * What the configuration says of one project, and why.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { projectMatcher, type Route } from "../../core/routing.ts";
import { chosen } from "../config/chosen.ts";
import type { Config, ConfigPattern } from "../config/config.ts";
import { pathRules, projectPaths } from "../paths/project_paths.ts";
import { routesOf, ruleText, whyLeftAlone } from "./routes.ts";
import type { Terminal } from "./terminal.ts";

/** A project and what happens to its sessions. */
export interface Explanation {
  /** Its absolute path, as it was asked for. */
  readonly path: string;
  /** The path with links resolved, which rules are tried with too. */
  readonly realPath: string;
  /** Whether there is such a folder. Rules go by the path alone. */
  readonly exists: boolean;
  /** The number of the rule, from 1; null when none matches. */
  readonly rule: number | null;
  /** The rule's patterns as they stand in the file. */
  readonly match: readonly string[];
  /** Those of them that match. */
  readonly matched: readonly string[];
  /** Where its sessions go; with `--backend` only that one, if it is among them. */
  readonly backends: readonly string[];
  /** All of it in words. */
  readonly reason: string;
}

/**
 * Prepares the explaining of projects.
 *
 * @param config What is explained.
 * @param terminal Knows environment and platform.
 * @param backend The only backend that counts, if there is such.
 * @returns Explains an absolute path.
 */
export async function explainer(
  config: Config,
  terminal: Terminal,
  backend: string | undefined,
): Promise<(path: string) => Promise<Explanation>> {
  const routeOf = await routesOf(config, terminal);
  return async (path) => {
    const route = routeOf(path);
    const patterns = route.rule === undefined ? [] : config.rules[route.rule].patterns;
    return {
      path,
      realPath: projectPaths(path).at(-1) ?? path,
      exists: await isFolder(path),
      rule: route.rule === undefined ? null : route.rule + 1,
      match: writtenOf(patterns),
      matched: writtenOf(await matching(patterns, path, terminal)),
      backends: chosen(route.backends, backend),
      reason: whyLeftAlone(config, route, backend) ?? destination(config, route),
    };
  };
}

/**
 * An explanation for people.
 *
 * @param explanation Of one project.
 */
export function explanationLines(explanation: Explanation): string[] {
  const { path, realPath, exists, match, matched, backends, reason } = explanation;
  return [
    path,
    `  ${reason}${backends.length === 0 ? ": nothing of this project is archived" : ""}`,
    ...(match.length > 1 && matched.length > 0 ? [`  matched by: ${matched.join(", ")}`] : []),
    ...(realPath === path ? [] : [`  real path: ${realPath}`]),
    ...(exists ? [] : ["  there is no such folder now; rules go by the path alone"]),
  ];
}

function destination(config: Config, route: Route): string {
  const backends = route.backends.join(", ");
  return `${ruleText(config, route)} → ${route.rule === undefined ? "default: " : ""}${backends}`;
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}

/** Which of a rule's patterns match. */
async function matching(
  patterns: readonly ConfigPattern[],
  path: string,
  terminal: Terminal,
): Promise<ConfigPattern[]> {
  const matched: ConfigPattern[] = [];
  for (const pattern of patterns) {
    const matches = await projectMatcher(pattern.globs, pathRules(terminal));
    if (matches(projectPaths(path))) matched.push(pattern);
  }
  return matched;
}

function writtenOf(patterns: readonly ConfigPattern[]): string[] {
  return patterns.map(({ written }) => written);
}
