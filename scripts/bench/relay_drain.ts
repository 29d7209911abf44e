/**
 * The relay bringing 500 waiting sessions of 100 KB to a store whose replies are 40 ms late, beside
 * bare puts of the same documents, as many at once. Where a store answers at once, on loopback and in
 * a folder, reading the sessions takes longer than storing them: there the relay is held against
 * `run` of the same sessions, which reads them too, and knows of no intents.
 *
 * @module
 */
import type { Backend } from "@session-archiver/archiver";
import { join } from "node:path";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { archiveAll } from "./archive_all.ts";
import { type DrainTarget, folderTarget, s3Target } from "./drain_target.ts";
import { type Finding, median, milliseconds } from "./measure.ts";
import { RelayHome } from "./relay_home.ts";
import { documentsOf } from "./s3_puts.ts";

const SESSIONS = 500;
const ROUNDS = 3;

/** What waits. */
interface Backlog {
  /** For all that is made on the way. */
  readonly folder: string;
  readonly database: string;
  readonly ids: readonly string[];
}

/** Another way to bring all of it to a place of a store. */
interface OtherWay {
  readonly name: string;
  readonly bring: (place: string) => Promise<void>;
}

/**
 * Measures it beside bare puts.
 *
 * @param folder An empty folder.
 */
export async function benchRelayDrain(folder: string): Promise<Finding> {
  const backlog = await backlogIn(folder);
  const documents = await documentsOf(backlog.database);
  const target = await s3Target(40);
  const bring = (place: string) => target.putBare(documents, place);
  return await compare({ name: "bare puts", bring }, 1.5, target, backlog);
}

/**
 * Measures it beside `run`.
 *
 * @param folder An empty folder.
 */
export async function benchRelayAndRun(folder: string): Promise<Finding[]> {
  const backlog = await backlogIn(folder);
  return [
    await compareWithRun(1.5, await s3Target(0), backlog),
    await compareWithRun(2, folderTarget(folder), backlog),
  ];
}

async function backlogIn(folder: string): Promise<Backlog> {
  const database = join(folder, "opencode.db");
  const sessions = await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, bytesPerSession: 100_000, turns: 5 }],
  });
  return { folder, database, ids: sessions.map(({ id }) => id) };
}

async function compareWithRun(
  atMost: number,
  target: DrainTarget,
  backlog: Backlog,
): Promise<Finding> {
  const { database, folder } = backlog;
  const bring = async (place: string) =>
    await archiveAll(database, await target.open(place), folder);
  return await compare({ name: "`run`", bring }, atMost, target, backlog);
}

async function compare(
  other: OtherWay,
  atMost: number,
  target: DrainTarget,
  backlog: Backlog,
): Promise<Finding> {
  const relay: number[] = [];
  const beside: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const home = await waitingHome(target.configured(`relay${round}`), backlog);
      // Meanwhile what waits becomes due.
      beside.push(await milliseconds(() => other.bring(`other${round}`)));
      relay.push(await home.drained());
      const count = await countIn(await target.open(`relay${round}`));
      if (count !== SESSIONS) throw new Error(`${count} archives instead of ${SESSIONS}`);
    }
  } finally {
    await target.stop();
  }
  return {
    promise: `the relay brings ${SESSIONS} waiting sessions of 100 KB to ${target.name} in ` +
      `≤ ${atMost} × the time of ${other.name}`,
    measure: "ratio of medians",
    value: median(relay) / median(beside),
    bound: { atMost },
    figures: { relayMs: median(relay), besideMs: median(beside) },
  };
}

async function waitingHome(
  backend: unknown,
  { folder, database, ids }: Backlog,
): Promise<RelayHome> {
  const home = await RelayHome.make(join(folder, crypto.randomUUID()), backend);
  await home.idle(ids.map((id) => ({ agent: "opencode", store: database, id })));
  return home;
}

async function countIn(backend: Backend): Promise<number> {
  let count = 0;
  for await (const { objects } of backend.list()) count += objects.length;
  await backend.close?.();
  return count;
}
