/**
 * The relay's look at 5,000 sessions of which none has changed, from opening its ledger to knowing
 * that nothing is to be done, beside the bare query of their tokens.
 *
 * @module
 */
import { type Agent, FileBackend } from "@session-archiver/archiver";
import { join } from "node:path";
import process from "node:process";
import { loadConfig } from "../../adapters/config/load.ts";
import { catchUp } from "../../adapters/relay/catch_up.ts";
import { SaidOnce } from "../../adapters/relay/said_once.ts";
import { StillChanging } from "../../adapters/relay/still_changing.ts";
import { openLanes } from "../../adapters/relay/open_lanes.ts";
import { StoresFile } from "../../adapters/state/known_stores.ts";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { dataFolder } from "../../adapters/state/location.ts";
import { MemorySpool } from "../../core/document/memory_spool.ts";
import { homeFolders } from "../../tests/throwaway_home.ts";
import type { Finding } from "./measure.ts";
import { besideTokenQuery, run, SESSIONS, unchangedSessions } from "./unchanged_sessions.ts";

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchRelayCatchUp(folder: string): Promise<Finding> {
  const agent = await unchangedSessions(folder);
  const backend = new FileBackend({ path: dataFolder(surroundings(folder)) });
  await run(agent, backend, ledgerIn(folder));
  const what = `catching up with ${SESSIONS} unchanged sessions`;
  return await besideTokenQuery(what, agent, () => lookThrough(agent, folder));
}

/** Where a user has everything who has configured nothing. */
function surroundings(folder: string) {
  return { env: homeFolders(folder), platform: process.platform };
}

function ledgerIn(folder: string): string {
  return join(folder, "ledger.jsonl");
}

async function lookThrough(agent: Agent, folder: string): Promise<void> {
  const where = surroundings(folder);
  const config = await loadConfig({ ...where, cwd: () => folder });
  const ledger = await FileLedger.open(ledgerIn(folder));
  const spool = new MemorySpool();
  const archive = await openLanes(config, {
    ...where,
    agents: [agent],
    ledger,
    spool,
    state: folder,
  });
  const { missed, older, isWhole } = await catchUp(archive, {
    stores: new StoresFile(folder, Date.now()),
    mentioned: [],
    isForKnown: false,
    elsewhere: [join(folder, "elsewhere")],
    changing: new StillChanging(),
    date: Date.now(),
    said: new SaidOnce((line) => {
      throw new Error(line);
    }),
    signal: new AbortController().signal,
  });
  await archive.close();
  await ledger.close();
  if (missed.length + older > 0 || !isWhole) throw new Error("something seems to have changed");
}
