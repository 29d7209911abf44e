/**
 * What Claude Code's files are, in one place.
 *
 * @module
 */
import type { FileFormat } from "../files/format.ts";
import { ClaudeAccount } from "./account.ts";
import { COPIES } from "./copies.ts";
import { findFiles } from "./files.ts";
import { claudeCodeHome } from "./home.ts";
import { FOR_AGENTSVIEW } from "./layout.ts";
import { isTask, nameOf, PROJECTS } from "./paths.ts";
import { placeFor } from "./place.ts";
import { deadlines } from "./retention.ts";
import { transcriptOf } from "./transcript.ts";

/** Claude Code's files. */
export const CLAUDE_CODE: FileFormat = {
  name: "claude-code",
  title: "Claude Code",
  stores: (env) => [claudeCodeHome(env)],
  changing: [PROJECTS],
  find: findFiles,
  nameOf,
  deadlines,
  account: () => new ClaudeAccount(),
  transcript: transcriptOf,
  copies: COPIES,
  layouts: { agentsview: FOR_AGENTSVIEW },
  isPassing: isTask,
  placeFor,
};
