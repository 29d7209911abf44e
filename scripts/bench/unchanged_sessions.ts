/**
 * Sessions of which nothing changes, and how long it takes to find that out beside the query that it
 * takes at least: that for the tokens.
 *
 * @module
 */
import { type Agent, Archiver, type Backend, openCode } from "@session-archiver/archiver";
import { join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

/** How many there are. */
export const SESSIONS = 5_000;
const ROUNDS = 7;

/**
 * Makes them.
 *
 * @param folder An empty folder.
 */
export async function unchangedSessions(folder: string): Promise<Agent> {
  const database = join(folder, "opencode.db");
  await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, turns: 14, projects: 50 }],
  });
  return openCode({ database });
}

/**
 * Archives what the ledger does not know.
 *
 * @param agent Whose sessions.
 * @param backend Where to.
 * @param ledgerPath The ledger's path.
 */
export async function run(agent: Agent, backend: Backend, ledgerPath: string): Promise<void> {
  const ledger = await FileLedger.open(ledgerPath);
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger });
  for await (const { copies } of archiver.archiveAll({ concurrency: 8 })) {
    if (copies[0].error) throw copies[0].error;
  }
  await ledger.close();
}

/**
 * Measures a look at them beside the bare query. No body may be loaded from now on.
 *
 * @param what What the look is.
 * @param agent Whose sessions; all are archived.
 * @param look Looks.
 */
export async function besideTokenQuery(
  what: string,
  agent: Agent,
  look: () => Promise<void>,
): Promise<Finding> {
  agent.load = () => Promise.reject(new Error("a body was loaded though nothing changed"));
  const ours: number[] = [];
  const query: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    query.push(await milliseconds(() => tokens(agent)));
    ours.push(await milliseconds(look));
  }
  return {
    promise: `${what} ≤ 2 × the bare token query`,
    measure: "ratio of medians",
    value: median(ours) / median(query),
    bound: { atMost: 2 },
    figures: { oursMs: median(ours), queryMs: median(query) },
  };
}

async function tokens(agent: Agent): Promise<void> {
  let count = 0;
  for await (const { token } of agent.sessions()) count += Number(token !== "");
  if (count !== SESSIONS) throw new Error(`${count} sessions instead of ${SESSIONS}`);
}
