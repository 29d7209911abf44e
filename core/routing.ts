/**
 * Which backends a session goes to, by the path of its project. First match wins.
 *
 * Pure: paths and patterns come in as they shall be compared, with `~` expanded and real paths
 * resolved by the caller (a path and a pattern may each be given in several forms).
 *
 * @module
 */
import type { Whereabouts } from "./agent.ts";
import { ArchiveError } from "./errors.ts";

/**
 * One routing rule.
 *
 * @since 0.1.0
 */
export interface Rule {
  /** Globs of absolute project paths, `/`-separated or native; any one that matches is enough. */
  readonly match: readonly string[];
  /** Names of the backends that get a copy each; empty means that nothing is archived. */
  readonly backends: readonly string[];
}

/**
 * How paths are compared.
 *
 * @since 0.1.0
 */
export interface PathRules {
  /** Whether `A` and `a` are the same name, as on Windows and macOS. */
  readonly ignoreCase?: boolean;
  /** Whether `\` separates folders, as on Windows. */
  readonly windows?: boolean;
}

/**
 * Which rule a project gets.
 *
 * @since 0.1.0
 */
export interface Route {
  /** Names of the backends; empty means that nothing is archived. */
  readonly backends: readonly string[];
  /** The rule's index, or undefined when none matched and the default applies. */
  readonly rule?: number;
}

/**
 * Prepares rules for deciding many projects.
 *
 * @param rules The rules, in order.
 * @param otherwise The backends when no rule matches.
 * @param how How paths are compared.
 * @returns Finds the first rule that matches a project, whose path it takes in every form it is
 * known by: as given, and as real path.
 *
 * @example
 * ```ts
 * import { router } from "@session-archiver/archiver";
 *
 * const rules = [{ match: ["/home/me/private/**"], backends: [] }];
 * const route = await router(rules, ["disk"]);
 * console.assert(route(["/home/me/private/.secret"]).backends.length === 0);
 * console.assert(route(["/home/me/work"]).backends[0] === "disk");
 * ```
 *
 * @since 0.1.0
 */
export async function router(
  rules: readonly Rule[],
  otherwise: readonly string[],
  how: PathRules = {},
): Promise<(paths: readonly string[]) => Route> {
  const matchers = await Promise.all(rules.map(({ match }) => projectMatcher(match, how)));
  return (paths) => {
    const rule = matchers.findIndex((matches) => matches(paths));
    return rule < 0 ? { backends: otherwise } : { backends: rules[rule].backends, rule };
  };
}

/**
 * Decides for a session that may be in another worktree of a repository. Its own directory goes before
 * the repository's, but what is not to be archived from either is not archived.
 *
 * @param where Where it is.
 * @param route What {@linkcode router} made.
 * @param formsOf Every form that a directory's path is known by.
 * @since 0.1.0
 */
export function routeOf(
  { projectPath, origin }: Whereabouts,
  route: (paths: readonly string[]) => Route,
  formsOf: (path: string) => readonly string[],
): Route {
  const own = route(formsOf(projectPath));
  if (origin === undefined || forbids(own)) return own;
  const first = route(formsOf(origin));
  return own.rule === undefined || forbids(first) ? first : own;
}

/**
 * The backends that are sure to be named for the sessions of a project, going by the project's path
 * alone: of a session in another worktree, which no archive tells, its repository's rule may decide.
 *
 * @param projectPath The project.
 * @param holders The names of backends that such a session was sent to.
 * @param rules The rules.
 * @param route What {@linkcode router} made of them.
 * @param formsOf Every form that a directory's path is known by.
 * @returns Their names; of a rule that forbids archiving, none.
 */
export function surelyNamed(
  projectPath: string,
  holders: readonly string[],
  rules: readonly Rule[],
  route: (paths: readonly string[]) => Route,
  formsOf: (path: string) => readonly string[],
): readonly string[] {
  const own = route(formsOf(projectPath));
  if (own.rule !== undefined) return own.backends;
  const mayDecide = rules.filter(({ backends }) => backends.some((one) => holders.includes(one)));
  return own.backends.filter((name) => mayDecide.every(({ backends }) => backends.includes(name)));
}

function forbids({ rule, backends }: Route): boolean {
  return rule !== undefined && backends.length === 0;
}

/**
 * Prepares patterns for comparing many projects. `P/**` matches `P` itself too, names that begin
 * with a dot match like all others, and a path always matches itself.
 *
 * @param patterns Globs, as minimatch has them; `#` and `!` at the start mean themselves.
 * @param how How paths are compared.
 * @returns Tells whether one of the patterns matches one of the forms of a project's path.
 *
 * @since 0.1.0
 */
export async function projectMatcher(
  patterns: readonly string[],
  how: PathRules = {},
): Promise<(paths: readonly string[]) => boolean> {
  if (patterns.length === 0) return () => false;
  // Loading minimatch takes longer than loading everything else here.
  const { braceExpand, Minimatch } = await import("minimatch");
  const plain = (text: string) => how.windows ? text.replaceAll("\\", "/") : text;
  const written = patterns.map(plain);
  const globs = [...written];
  for (const pattern of written) {
    const all = braceExpand(pattern, { braceExpandMax: MOST_ALTERNATIVES + 1 });
    if (all.length > MOST_ALTERNATIVES) throw tooManyAlternatives(pattern);
    globs.push(...all.flatMap(withItsFolder));
  }
  const compiled = globs.map((glob) =>
    new Minimatch(glob, {
      dot: true,
      nocase: how.ignoreCase ?? false,
      nobrace: true,
      nonegate: true,
      nocomment: true,
      platform: how.windows ? "win32" : "linux",
    })
  );
  return (paths) =>
    paths.map(plain).some((path) =>
      globs.includes(path) || compiled.some((glob) => glob.match(path))
    );
}

/** How many globs the braces of one may stand for. */
export const MOST_ALTERNATIVES = 1000;

/** `P/**` means everything below `P`, and `P`. */
function withItsFolder(glob: string): string[] {
  const folder = glob.replace(/(\/\*\*)+$/, "");
  return folder === glob ? [glob] : [glob, folder || "/"];
}

function tooManyAlternatives(pattern: string): ArchiveError {
  return new ArchiveError(
    "Invalid",
    `the glob ${JSON.stringify(pattern.slice(0, 80))} stands for more than ${MOST_ALTERNATIVES} ` +
      "globs by its braces; write fewer alternatives, or a rule for each",
  );
}
