/**
 * Which backends a session goes to, by the path of its project. First match wins.
 *
 * Pure: paths and patterns come in as they shall be compared, with `~` expanded and real paths
 * resolved by the caller (a path and a pattern may each be given in several forms).
 *
 * @module
 */
import { minimatch } from "minimatch";

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
 * Finds the first rule that matches a project.
 *
 * @param paths The project's path in every form it is known by: as given, and as real path.
 * @param rules The rules, in order.
 * @param otherwise The backends when no rule matches.
 * @param how How paths are compared.
 *
 * @example
 * ```ts
 * import { route } from "@session-archiver/archiver";
 *
 * const rules = [{ match: ["/home/me/private/**"], backends: [] }];
 * console.assert(route(["/home/me/private/.secret"], rules, ["disk"]).backends.length === 0);
 * console.assert(route(["/home/me/work"], rules, ["disk"]).backends[0] === "disk");
 * ```
 *
 * @since 0.1.0
 */
export function route(
  paths: readonly string[],
  rules: readonly Rule[],
  otherwise: readonly string[],
  how: PathRules = {},
): Route {
  const rule = rules.findIndex((rule) => matchesProject(paths, rule.match, how));
  return rule < 0 ? { backends: otherwise } : { backends: rules[rule].backends, rule };
}

/**
 * Tells whether one of the patterns matches one of the paths. `P/**` matches `P` itself too, names
 * that begin with a dot match like all others, and a path always matches itself.
 *
 * @param paths A project's path in every form it is known by.
 * @param patterns Globs, as minimatch has them; `#` and `!` at the start mean themselves.
 * @param how How paths are compared.
 *
 * @since 0.1.0
 */
export function matchesProject(
  paths: readonly string[],
  patterns: readonly string[],
  how: PathRules = {},
): boolean {
  const options = {
    dot: true,
    nocase: how.ignoreCase ?? false,
    nonegate: true,
    nocomment: true,
    platform: how.windows ? "win32" as const : "linux" as const,
  };
  const plain = (text: string) => how.windows ? text.replaceAll("\\", "/") : text;
  return patterns.map(plain).some((pattern) =>
    [pattern, ...(pattern.endsWith("/**") ? [pattern.slice(0, -3) || "/"] : [])].some((glob) =>
      paths.some((path) => plain(path) === glob || minimatch(plain(path), glob, options))
    )
  );
}
