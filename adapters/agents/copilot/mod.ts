/**
 * GitHub Copilot CLI: a file of lines a session and a folder of what goes with it, read as they lie there,
 * and put back as they were.
 *
 * The format is described in `docs/formats/copilot.md`.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";
import { lateAgent } from "../files/late_agent.ts";
import type { FileAgentOptions } from "../files/options.ts";

/**
 * The agent Copilot.
 *
 * @param options Where its folder is, when not in the usual place.
 * @returns The agent. Nothing is loaded or opened before it is asked something.
 *
 * @example
 * ```ts
 * import { copilot } from "@session-archiver/archiver";
 *
 * for await (const session of copilot({ store: "/nowhere" }).sessions()) {
 *   console.log(session.id, session.projectPath);
 * }
 * ```
 *
 * @since 0.1.0
 */
export function copilot(options: FileAgentOptions = {}): Agent {
  return lateAgent("copilot", async () => {
    const [{ fileAgent }, { COPILOT }] = await Promise.all([
      import("../files/file_agent.ts"),
      import("./format.ts"),
    ]);
    return fileAgent(COPILOT, options);
  });
}
