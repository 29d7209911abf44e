/**
 * What Copilot's files are, in one place.
 *
 * @module
 */
import type { FileFormat } from "../files/format.ts";
import { CopilotAccount } from "./account.ts";
import { FIRST, nameOf, SESSIONS } from "./files.ts";
import { copilotHome } from "./home.ts";
import { findFiles } from "./find.ts";
import { COPIES, isPassing } from "./rewind.ts";
import { nameGiven } from "./title.ts";
import { transcriptOf } from "./transcript.ts";

/** Copilot's files. */
export const COPILOT: FileFormat = {
  name: "copilot",
  title: "Copilot",
  stores: (env) => [copilotHome(env)],
  changing: [SESSIONS, FIRST],
  find: findFiles,
  nameOf,
  titleOf: nameGiven,
  account: () => new CopilotAccount(),
  transcript: transcriptOf,
  copies: COPIES,
  isPassing,
  // Copilot finds a session by its id, and goes by the directory in its records.
  placeFor: (path) => path,
};
