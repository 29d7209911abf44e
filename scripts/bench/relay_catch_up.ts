/**
 * The relay's look at 5,000 sessions of which none has changed, from opening its ledger to knowing
 * that nothing is to be done, beside the bare query of their tokens.
 *
 * @module
 */
import { type Agent, Archiver, FileBackend, openCode } from "@session-archiver/archiver";
import { join } from "node:path";
import process from "node:process";
import { loadConfig } from "../../adapters/config/load.ts";
import { catchUp } from "../../adapters/relay/catch_up.ts";
import { openLanes } from "../../adapters/relay/open_lanes.ts";
import { StoresFile } from "../../adapters/state/known_stores.ts";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { dataFolder } from "../../adapters/state/location.ts";
import { MemorySpool } from "../../core/memory_spool.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { homeFolders } from "../../tests/throwaway_home.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

const SESSIONS = 5_000;
const ROUNDS = 7;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchRelayCatchUp(folder: string): Promise<Finding> {
  const database = join(folder, "opencode.db");
  await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, turns: 14, projects: 50 }],
  });
  const agent = openCode({ database });
  await archiveAll(agent, folder);
  agent.load = () => Promise.reject(new Error("a body was loaded though nothing changed"));
  const ours: number[] = [];
  const query: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    query.push(await milliseconds(() => tokens(agent)));
    ours.push(await milliseconds(() => lookThrough(agent, folder)));
  }
  return {
    promise: `catching up with ${SESSIONS} unchanged sessions ≤ 2 × the bare token query`,
    measure: "ratio of medians",
    value: median(ours) / median(query),
    bound: { atMost: 2 },
    figures: { oursMs: median(ours), queryMs: median(query) },
  };
}

/** Where a user has everything who has configured nothing. */
function surroundings(folder: string) {
  return { env: homeFolders(folder), platform: process.platform };
}

function ledgerIn(folder: string): Promise<FileLedger> {
  return FileLedger.open(join(folder, "ledger.jsonl"));
}

async function archiveAll(agent: Agent, folder: string): Promise<void> {
  const ledger = await ledgerIn(folder);
  const backends = [new FileBackend({ path: dataFolder(surroundings(folder)) })];
  const archiver = new Archiver({ agents: [agent], backends, ledger });
  for await (const { copies } of archiver.archiveAll({ concurrency: 8 })) {
    if (copies[0].error) throw copies[0].error;
  }
  await ledger.close();
}

async function lookThrough(agent: Agent, folder: string): Promise<void> {
  const where = surroundings(folder);
  const config = await loadConfig({ ...where, cwd: () => folder });
  const ledger = await ledgerIn(folder);
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
    date: Date.now(),
    say: (line) => {
      throw new Error(line);
    },
    signal: new AbortController().signal,
  });
  await archive.close();
  await ledger.close();
  if (missed.length + older > 0 || !isWhole) throw new Error("something seems to have changed");
}

async function tokens(agent: Agent): Promise<void> {
  let count = 0;
  for await (const { token } of agent.sessions()) count += Number(token !== "");
  if (count !== SESSIONS) throw new Error(`${count} sessions instead of ${SESSIONS}`);
}
