/**
 * The directories in which OpenCode goes by a configuration of its own, the plugin's option `config`:
 * what changes there unseen is for that configuration to catch up with, and for no other.
 *
 * One small file a directory, beside the states of all configurations. Any number of processes may
 * write; the last word holds.
 *
 * @module
 */
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf } from "../../core/fields.ts";
import { sha256Hex } from "../../core/hash.ts";
import { contains } from "../paths/contains.ts";
import { projectPaths } from "../paths/project_paths.ts";
import { errorCode, fileError } from "./file_error.ts";
import { makePrivateFolder } from "./folder.ts";
import { directoriesFolder } from "./layout.ts";

/** A directory, and what OpenCode goes by there. */
interface Assignment {
  /** Its absolute path. */
  readonly directory: string;
  /** The configuration's absolute path. */
  readonly config: string;
}

/**
 * Takes note of what OpenCode goes by in a directory.
 *
 * @param state The folder of that configuration's state.
 * @param directory Absolute.
 * @param config The configuration's absolute path; undefined where it is the usual one.
 * @throws {ArchiveError} Naming the path.
 */
export async function assignDirectory(
  state: string,
  directory: string,
  config: string | undefined,
): Promise<void> {
  const folder = directoriesFolder(state);
  const path = join(folder, `${sha256Hex(directory).slice(0, 16)}.json`);
  try {
    if (config === undefined) return await rm(path, { force: true });
    if ((await readAssignment(path))?.config === config) return;
    await makePrivateFolder(folder);
    const temporary = `${path}.${crypto.randomUUID()}`;
    await writeFile(temporary, `${JSON.stringify({ version: 1, directory, config })}\n`, {
      mode: 0o600,
      flush: true,
    });
    await rename(temporary, path);
  } catch (error) {
    throw fileError(error, "cannot write", path);
  }
}

/**
 * The directories in which OpenCode goes by other configurations.
 *
 * @param state The folder of a configuration's state.
 * @param config That configuration's absolute path.
 * @returns Their absolute paths.
 */
export async function othersDirectories(state: string, config: string): Promise<string[]> {
  const folder = directoriesFolder(state);
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw fileError(error, "cannot read", folder);
  });
  const files = names.filter((name) => name.endsWith(".json"));
  const found = await Promise.all(files.map((name) => readAssignment(join(folder, name))));
  return found.flatMap((one) => one && one.config !== config ? [one.directory] : []);
}

/**
 * Whether a project lies in one of some directories, links followed.
 *
 * @param project The project's absolute path; nothing need be there.
 * @param directories Absolute paths.
 */
export function isWithin(project: string, directories: readonly string[]): boolean {
  return directories.some((directory) =>
    projectPaths(directory).some((outer) =>
      projectPaths(project).some((inner) => contains(outer, inner))
    )
  );
}

async function readAssignment(path: string): Promise<Assignment | undefined> {
  try {
    const { directory, config } = fieldsOf(JSON.parse(await readFile(path, "utf8")));
    if (typeof directory !== "string" || typeof config !== "string") return undefined;
    return { directory, config };
  } catch (error) {
    // What is damaged is written anew when OpenCode is started there again.
    if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
