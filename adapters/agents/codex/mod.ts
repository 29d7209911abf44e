/**
 * OpenAI's Codex CLI: a file of lines a session, read as it lies there, and put back as it was.
 *
 * The format is described in `docs/formats/codex.md`.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";
import { lateAgent } from "../files/late_agent.ts";
import type { FileAgentOptions } from "../files/options.ts";

/**
 * The agent Codex.
 *
 * @param options Where its folder is, when not in the usual place.
 * @returns The agent. Nothing is loaded or opened before it is asked something.
 *
 * @example
 * ```ts
 * import { codex } from "@session-archiver/archiver";
 *
 * for await (const session of codex({ store: "/nowhere" }).sessions()) {
 *   console.log(session.id, session.projectPath);
 * }
 * ```
 *
 * @since 0.1.0
 */
export function codex(options: FileAgentOptions = {}): Agent {
  return lateAgent("codex", async () => {
    const [{ fileAgent }, { CODEX }] = await Promise.all([
      import("../files/file_agent.ts"),
      import("./format.ts"),
    ]);
    return fileAgent(CODEX, options);
  }, { layouts: ["agentsview"] });
}
