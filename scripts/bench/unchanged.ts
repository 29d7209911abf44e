/**
 * A second `run` when none of 5,000 sessions changed, beside the bare query of their tokens.
 *
 * @module
 */
import { type Agent, Archiver, FileBackend, openCode } from "@session-archiver/archiver";
import { join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

const SESSIONS = 5_000;
const ROUNDS = 7;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchUnchanged(folder: string): Promise<Finding> {
  const database = join(folder, "opencode.db");
  await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, turns: 14, projects: 50 }],
  });
  const agent = openCode({ database });
  const path = join(folder, "ledger.jsonl");
  const backend = new FileBackend({ path: join(folder, "archives") });
  await run(agent, backend, path);
  agent.load = () => Promise.reject(new Error("a body was loaded though nothing changed"));
  backend.put = () => Promise.reject(new Error("something was written though nothing changed"));
  const ours: number[] = [];
  const query: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    query.push(await milliseconds(() => tokens(agent)));
    ours.push(await milliseconds(() => run(agent, backend, path)));
  }
  return {
    promise: `a run with nothing changed among ${SESSIONS} sessions ≤ 2 × the bare token query`,
    measure: "ratio of medians",
    value: median(ours) / median(query),
    bound: { atMost: 2 },
    figures: { oursMs: median(ours), queryMs: median(query) },
  };
}

async function run(agent: Agent, backend: FileBackend, path: string): Promise<void> {
  const ledger = await FileLedger.open(path);
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger });
  for await (const { copies } of archiver.archiveAll({ concurrency: 8 })) {
    if (copies[0].error) throw copies[0].error;
  }
  await ledger.close();
}

async function tokens(agent: Agent): Promise<void> {
  let count = 0;
  for await (const { token } of agent.sessions()) count += Number(token !== "");
  if (count !== SESSIONS) throw new Error(`${count} sessions instead of ${SESSIONS}`);
}
