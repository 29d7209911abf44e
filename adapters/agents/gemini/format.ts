/**
 * What Gemini CLI's files are, in one place.
 *
 * @module
 */
import type { Unit } from "../../../core/agent.ts";
import { fieldsOf } from "../../../core/fields.ts";
import type { FileFormat } from "../files/format.ts";
import { textOf } from "../files/values.ts";
import { GeminiAccount } from "./account.ts";
import { findFiles, nameOf } from "./files.ts";
import { folderFor } from "./folder_for.ts";
import { geminiHomes } from "./home.ts";
import { FOLDERS, isUnknownProject, projectOf } from "./projects.ts";
import { putRight } from "./put_right.ts";
import { messagesIn } from "./record.ts";
import { deadlines } from "./retention.ts";
import { transcriptOf } from "./transcript.ts";

/** Gemini CLI's files. */
export const GEMINI: FileFormat = {
  name: "gemini",
  title: "Gemini CLI",
  stores: geminiHomes,
  changing: [FOLDERS],
  find: findFiles,
  nameOf,
  deadlines,
  directoryOf: (home, { path }) => projectOf(home, path.split("/")[1]),
  account: (name) => new GeminiAccount(name),
  transcript: transcriptOf,
  unitsIn,
  placeFor(path, { directory, store: home }) {
    if (isUnknownProject(path, directory)) return path;
    const [tmp, folder, ...rest] = path.split("/");
    return [tmp, folderFor(home, directory, folder), ...rest].join("/");
  },
  afterRestore: putRight,
};

/** The messages of an older document, and what it says besides. */
function unitsIn(value: unknown): Iterable<Unit> | undefined {
  // When it was last changed is not worth a version.
  const { messages, lastUpdated: _, ...rest } = fieldsOf(value);
  if (!Array.isArray(messages)) return undefined;
  const units = new Map<string, unknown>([["session", rest]]);
  for (const message of messagesIn(messages)) units.set(textOf(message.id), message);
  return [...units].map(([id, value]) => ({ id, value }));
}
