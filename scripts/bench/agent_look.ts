/**
 * A look at 10,000 sessions of an agent that keeps them in files, of which none changed since it was
 * archived, beside a bare walk over the same files.
 *
 * @module
 */
import type { Agent, ArchiveFacts, SessionFilter } from "@session-archiver/archiver";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { rememberedIn } from "../../core/ledger/remembered.ts";
import { MADE_UP, type MadeUpAgent, makeHollow } from "./agent_homes.ts";
import { type Finding, median, milliseconds } from "./measure.ts";
import { ReadWatch } from "./read_watch.ts";

const SESSIONS = 10_000;
/** Of all their files. */
const BYTES = 2_000_000_000;
const ROUNDS = 9;
const BACKEND = "memory";

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchAgentLook(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const made of MADE_UP) findings.push(...await lookFor(made, join(folder, made.folder)));
  return findings;
}

async function lookFor(made: MadeUpAgent, folder: string): Promise<Finding[]> {
  const home = join(folder, "home");
  const files = makeHollow(made, home, SESSIONS, BYTES / SESSIONS);
  const agent = made.open(home);
  const ledger = await warmLedger(agent, join(folder, "ledger.jsonl"));
  const remembered = rememberedIn(ledger, [BACKEND]);
  const watch = new ReadWatch(files);
  const ours: number[] = [];
  const walk: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const walked = await milliseconds(() => bareWalk(files));
    const looked = await milliseconds(() => look(agent, remembered));
    // The first round loads modules.
    if (round === 0) continue;
    walk.push(walked);
    ours.push(looked);
  }
  watch.check();
  await ledger.close();
  const figures = { oursMs: median(ours), walkMs: median(walk) };
  const what = `a look at ${SESSIONS} unchanged sessions of ${made.title} reads none, and takes`;
  return [{
    promise: `${what} ≤ 2.5 × a bare walk`,
    measure: "ratio of medians",
    value: figures.oursMs / figures.walkMs,
    bound: { atMost: 2.5 },
    figures,
  }, {
    promise: `${what} ≤ 0.5 s`,
    measure: "ms",
    value: figures.oursMs,
    bound: { atMost: 500 },
    figures,
  }];
}

/** A ledger that knows all sessions, without the work of archiving them. */
async function warmLedger(agent: Agent, path: string): Promise<FileLedger> {
  const ledger = await FileLedger.open(path);
  const records: Promise<void>[] = [];
  for await (const session of agent.sessions({ remembered: () => ({ projectPath: "/" }) })) {
    const { store, id, token, updatedAt } = session;
    records.push(ledger.record({
      ...{ agent: agent.name, store, id, token, backend: BACKEND, state: "stored" },
      key: `project/${id}.json`,
      sha256: "0".repeat(64),
      size: 1,
      extent: { length: 1, sha256: "0".repeat(64), shape: [] },
      facts: factsOf(updatedAt),
    }));
  }
  await Promise.all(records);
  return ledger;
}

function factsOf(updatedAt: string): ArchiveFacts {
  const times = { createdAt: updatedAt, updatedAt };
  return { title: "", projectPath: PROJECT, ...times, parentId: null, messages: 1 };
}

/** What only the ledger says. */
const PROJECT = "/known/by/the/ledger";

async function look(agent: Agent, remembered: SessionFilter["remembered"]): Promise<void> {
  let count = 0;
  for await (const { projectPath } of agent.sessions({ remembered })) {
    count += Number(projectPath === PROJECT);
  }
  if (count !== SESSIONS) throw new Error(`${count} sessions instead of ${SESSIONS}`);
}

/** What anybody has to do: list each folder, and look at each file in it. */
function bareWalk(files: readonly string[]): Promise<void> {
  let count = 0;
  for (const folder of new Set(files.map(dirname))) {
    for (const name of readdirSync(folder)) count += Number(statSync(join(folder, name)).size > 0);
  }
  if (count !== SESSIONS) throw new Error(`${count} files instead of ${SESSIONS}`);
  return Promise.resolve();
}
