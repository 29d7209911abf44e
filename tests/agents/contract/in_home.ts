/**
 * Homes that are made for one test.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { sha256Of } from "../../../core/hash.ts";

/**
 * Does something in a folder that is removed afterwards.
 *
 * @param work What, with the folder's absolute path.
 */
export async function inHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "agent-")));
  try {
    await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * Writes a file, and makes its folder.
 *
 * @param path Its absolute path.
 * @param content What is in it.
 */
export async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/**
 * All files below a folder, with the SHA-256 of each.
 *
 * @param home The folder.
 */
export async function filesIn(home: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const hash = await sha256Of(once(await readFile(path)));
    files.set(relative(home, path).split(sep).join("/"), hash);
  }
  return files;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
