/**
 * What the keys of projects' archives begin with, so that whoever looks for them need not look at
 * those of all others.
 *
 * @module
 */
import { beginningBelow, parseArchiveKey, projectSegment } from "./archive_key.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PathRules } from "../routing.ts";

/**
 * The beginnings of all keys where the archives of some projects can lie: where sessions that began
 * there do, and those that are known to have moved there. Keys of other projects may begin so, too.
 *
 * @param projects Plain paths or globs; all projects when left out.
 * @param source Knows where sessions moved to, and how paths are compared.
 * @returns None of them begins with another: project segments with their slash, and what several
 * segments begin with. Undefined when only a look at all keys can tell.
 */
export function projectPrefixes(
  projects: readonly string[] | undefined,
  { ledger, paths }: { readonly ledger: Ledger; readonly paths?: PathRules },
): string[] | undefined {
  if (!projects || paths?.ignoreCase) return undefined;
  const folders = projects.map(folderOf);
  if (!folders.every((folder) => folder !== undefined)) return undefined;
  const prefixes = new Set(folders.flatMap(prefixesOf));
  for (const { key, facts } of ledger.entries()) {
    const segment = folders.some((folder) => holds(folder, facts.projectPath)) &&
      parseArchiveKey(key)?.project;
    if (segment) prefixes.add(`${segment}/`);
  }
  return withoutLonger([...prefixes]);
}

/** A folder of projects. */
interface Folder {
  readonly path: string;
  /** Whether all that is below it is meant, too. */
  readonly isDeep: boolean;
}

/** The folder that a plain path names, or one with a `**` behind it. */
function folderOf(project: string): Folder | undefined {
  const path = project.replace(/(\/\*\*)+$/, "");
  const isGlob = path === "" || /[*?[\]{}()]/.test(path);
  return isGlob ? undefined : { path, isDeep: path !== project };
}

function prefixesOf({ path, isDeep }: Folder): string[] {
  const own = `${projectSegment(path)}/`;
  return isDeep ? [own, beginningBelow(path)] : [own];
}

function holds({ path, isDeep }: Folder, project: string): boolean {
  return project === path || (isDeep && project.startsWith(`${path}/`));
}

/** Those that begin with another one are found with that. */
function withoutLonger(prefixes: readonly string[]): string[] {
  return prefixes.filter((prefix) =>
    !prefixes.some((other) => other !== prefix && prefix.startsWith(other))
  );
}
