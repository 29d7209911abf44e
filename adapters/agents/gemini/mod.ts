/**
 * Google's Gemini CLI: a file a session, read as it lies there, and put back as it was.
 *
 * The format is described in `docs/formats/gemini.md`.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";
import { lateAgent } from "../files/late_agent.ts";
import type { FileAgentOptions } from "../files/options.ts";

/**
 * The agent Gemini CLI.
 *
 * @param options Where its folder is, when not in the usual place.
 * @returns The agent. Nothing is loaded or opened before it is asked something.
 *
 * @example
 * ```ts
 * import { gemini } from "@session-archiver/archiver";
 *
 * for await (const session of gemini({ store: "/nowhere" }).sessions()) {
 *   console.log(session.id, session.projectPath);
 * }
 * ```
 *
 * @since 0.1.0
 */
export function gemini(options: FileAgentOptions = {}): Agent {
  return lateAgent("gemini", async () => {
    const [{ fileAgent }, { GEMINI }] = await Promise.all([
      import("../files/file_agent.ts"),
      import("./format.ts"),
    ]);
    return fileAgent(GEMINI, options);
  }, { deletesByItself: true });
}
