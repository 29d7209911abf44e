/**
 * What a package weighs once it is installed: its own files and those of every package that it
 * brings along.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What an installation puts on a disk. */
export interface Installed {
  /** The sum of the lengths of all files, in bytes. */
  readonly bytes: number;
  /** How many packages come along, the package itself not counted. */
  readonly packages: number;
}

/**
 * Weighs a package.
 *
 * @param folder Where it lies.
 * @param files What of it is published, from its folder.
 * @throws Error when a dependency is not installed where the package finds it.
 */
export function weigh(folder: string, files: readonly string[]): Installed {
  const along = new Set<string>();
  gather(folder, along);
  const own = ["package.json", ...files].map((file) => bytesIn(join(folder, file)));
  const theirs = [...along].map(bytesIn);
  return { bytes: [...own, ...theirs].reduce((sum, size) => sum + size, 0), packages: along.size };
}

/** Says it as people read it. */
export function installedLine({ bytes, packages }: Installed): string {
  return `${Math.round(bytes / 1e6)} MB in ${packages} packages`;
}

function gather(folder: string, along: Set<string>): void {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    const found = find(folder, name);
    if (along.has(found)) continue;
    along.add(found);
    gather(found, along);
  }
}

/** As Node looks for a package: in `node_modules` of the folder, then of those around it. */
function find(from: string, name: string): string {
  for (let folder = from;; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}

function bytesIn(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  // A package below it counts for itself, if it counts.
  return readdirSync(path).filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}
