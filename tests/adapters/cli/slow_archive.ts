/**
 * The program with an agent that never gets on: says `loading` once its second session is being
 * loaded, and ends that only when it is told to stop; with `STUBBORN` set, not even then.
 *
 * @module
 */
import { main } from "../../../adapters/cli/main.ts";
import { processTerminal } from "../../../adapters/cli/terminal.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import { broken, session } from "./stage.ts";

const agent = new MemoryAgent();
agent.set(session("quick"));
agent.set(session("slow"));

const slow = {
  ...broken(agent, [], () => new Error()),
  async load(one: Parameters<typeof agent.load>[0], options: { signal?: AbortSignal } = {}) {
    if (one.id === "quick") return await agent.load(one);
    // A process that waits for nothing would end.
    const alive = setInterval(() => {}, 60_000);
    process.stderr.write("loading\n");
    await new Promise<void>((resolve) => {
      if (!process.env.STUBBORN) options.signal?.addEventListener("abort", () => resolve());
      else options.signal?.addEventListener("abort", () => process.stderr.write("heard\n"));
    });
    clearInterval(alive);
    throw new ArchiveError("Aborted", "loading slow was stopped");
  },
};

const argv = process.argv.slice(2);
process.exit(await main(argv, { ...processTerminal(), agents: [slow] }));
