/**
 * What Gemini CLI has to find beside a session that was put back: which project the folder is of.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import { replaceFile } from "../../state/replace_file.ts";
import { textOf } from "../files/folder.ts";
import { isOlder, isUnknownProject, listed, listOf, markerOf, rooted } from "./projects.ts";
import { isSoonDeleted } from "./retention.ts";

/**
 * Adds what is missing. What is there stays, also where it says something else: Gemini CLI goes by the
 * markers then.
 *
 * @param home Gemini CLI's folder.
 * @param path The session's file, from there.
 * @param directory The project's absolute path.
 * @returns What the user should hear.
 */
export async function putRight(
  home: string,
  path: string,
  directory: string,
): Promise<readonly string[]> {
  const [, folder, , ...file] = path.split("/");
  const project = rooted(directory);
  if (!isOlder(folder) && !isUnknownProject(path, directory)) {
    await mark(markerOf(home, folder), project);
    await list(home, folder, project);
  }
  // Those of sub-agents are not looked at.
  if (file.length > 1 || !await isSoonDeleted(join(home, path))) return [];
  return [
    `Gemini CLI deletes this session when it next starts in ${directory}, because it is over 30 days ` +
    "old; set general.sessionRetention.enabled to false in its settings first",
  ];
}

async function mark(marker: string, project: string): Promise<void> {
  try {
    await writeFile(marker, project, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

async function list(home: string, folder: string, project: string): Promise<void> {
  const listing = listed(home);
  if (listing === undefined || listing.has(project)) return;
  const path = listOf(home);
  const said = fieldsOf(jsonIn(textOf(path) ?? ""));
  const projects = { ...fieldsOf(said.projects), [project]: folder };
  await replaceFile(path, JSON.stringify({ ...said, projects }, null, 2));
}
