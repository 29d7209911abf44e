/**
 * Anthropic's Claude Code: a file of lines a session and a sub-agent, with what it keeps beside them,
 * read as it lies there, and put back as it was.
 *
 * The format is described in `docs/formats/claude-code.md`.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";
import { lateAgent } from "../files/late_agent.ts";
import type { FileAgentOptions } from "../files/options.ts";

/**
 * The agent Claude Code.
 *
 * @param options Where its folder is, when not in the usual place.
 * @returns The agent. Nothing is loaded or opened before it is asked something.
 *
 * @example
 * ```ts
 * import { claudeCode } from "@session-archiver/archiver";
 *
 * for await (const session of claudeCode({ store: "/nowhere" }).sessions()) {
 *   console.log(session.id, session.projectPath);
 * }
 * ```
 *
 * @since 0.1.0
 */
export function claudeCode(options: FileAgentOptions = {}): Agent {
  return lateAgent("claude-code", async () => {
    const [{ fileAgent }, { CLAUDE_CODE }] = await Promise.all([
      import("../files/file_agent.ts"),
      import("./format.ts"),
    ]);
    return fileAgent(CLAUDE_CODE, options);
  }, { deletesByItself: true, layouts: ["agentsview"] });
}
