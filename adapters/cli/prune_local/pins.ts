/**
 * The values of `--keep`: ids of sessions, and folders with all that lies in them.
 *
 * @module
 */
import type { SessionRef } from "../../../core/agent.ts";
import { projectMatcher } from "../../../core/routing.ts";
import { pathRules, projectPaths } from "../../paths/project_paths.ts";
import { projectGlobs, withAllInside } from "../project_globs.ts";
import type { Terminal } from "../terminal.ts";

/**
 * What the planning takes for them.
 *
 * @param values As the user wrote them.
 * @param terminal Knows home folder and working directory.
 */
export function pinsOf(values: readonly string[], terminal: Terminal): readonly string[] {
  return [...values, ...projectGlobs(withAllInside(values), terminal, "--keep")];
}

/**
 * Those that hold nothing: mistyped, most likely.
 *
 * @param values As the user wrote them.
 * @param sessions All there are.
 * @param terminal Knows home folder and working directory.
 */
export async function idlePins(
  values: readonly string[],
  sessions: readonly SessionRef[],
  terminal: Terminal,
): Promise<readonly string[]> {
  const idle: string[] = [];
  for (const value of values) {
    const matches = await projectMatcher(pinsOf([value], terminal), pathRules(terminal));
    const holds = ({ id, projectPath, origin }: SessionRef) =>
      id === value ||
      [projectPath, origin ?? projectPath].some((path) => matches(projectPaths(path)));
    if (!sessions.some(holds)) idle.push(value);
  }
  return idle;
}
