/**
 * The program with an agent that never gets on: says `loading` once its first session is archived and
 * its second one is being loaded, and ends that only when it is told to stop; with `STUBBORN` set,
 * not even then.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { main } from "../../../adapters/cli/main.ts";
import { processTerminal } from "../../../adapters/cli/terminal.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import { until } from "../../until.ts";
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
    await until("the first one is archived", () => isRemembered("quick"));
    process.stderr.write("loading\n");
    await new Promise<void>((resolve) => {
      if (!process.env.STUBBORN) options.signal?.addEventListener("abort", () => resolve());
      else options.signal?.addEventListener("abort", () => process.stderr.write("heard\n"));
    });
    clearInterval(alive);
    throw new ArchiveError("Aborted", "loading slow was stopped");
  },
};

/** Whether the ledger has a session, which was archived then. */
async function isRemembered(id: string): Promise<boolean> {
  const state = process.env.XDG_STATE_HOME ?? "";
  const names = await readdir(state, { recursive: true });
  const ledgers = names.filter((name) => basename(name) === "ledger.jsonl");
  const texts = await Promise.all(ledgers.map((name) => readFile(join(state, name), "utf8")));
  return texts.some((text) => text.includes(id));
}

const argv = process.argv.slice(2);
process.exit(await main(argv, { ...processTerminal("archive"), agents: [slow] }));
