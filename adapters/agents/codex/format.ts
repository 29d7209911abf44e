/**
 * What Codex's files are, in one place.
 *
 * @module
 */
import type { FileFormat } from "../files/format.ts";
import { CodexAccount } from "./account.ts";
import { ASIDE, BY_DAY, findFiles, nameOf } from "./files.ts";
import { codexHome } from "./home.ts";
import { FOR_AGENTSVIEW } from "./layout.ts";
import { nameGiven } from "./names.ts";
import { transcriptOf } from "./transcript.ts";

/** Codex's files. */
export const CODEX: FileFormat = {
  name: "codex",
  title: "Codex",
  stores: (env) => [codexHome(env)],
  changing: [BY_DAY, ASIDE],
  find: findFiles,
  nameOf,
  titleOf: nameGiven,
  account: () => new CodexAccount(),
  transcript: transcriptOf,
  layouts: { agentsview: FOR_AGENTSVIEW },
  // Codex finds a session by its id, and goes by the directory in its records.
  placeFor: (path) => path,
};
