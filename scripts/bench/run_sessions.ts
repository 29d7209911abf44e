/**
 * `run` of 300 sessions of 500 KB into a folder, beside a bare loop that reads the same rows and
 * writes the same bytes, each file and its folder entry synced, without which it is not stored.
 *
 * @module
 */
import { Archiver, FileBackend } from "@session-archiver/archiver";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { archiveAll } from "./archive_all.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

const SESSIONS = 300;
const ROUNDS = 5;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchRun(folder: string): Promise<Finding> {
  const database = join(folder, "opencode.db");
  const sessions = await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, bytesPerSession: 500_000, turns: 25 }],
  });
  const archives = join(folder, "first");
  await run(database, archives);
  const documents = new Map<string, Uint8Array>();
  const archiver = new Archiver({ agents: [], backends: [new FileBackend({ path: archives })] });
  for await (const { id, key } of archiver.list()) {
    documents.set(id, await readFile(join(archives, key)));
  }
  const ids = sessions.map(({ id }) => id);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(
      await milliseconds(() => bareLoop(database, ids, documents, join(folder, `b${round}`))),
    );
    ours.push(await milliseconds(() => run(database, join(folder, `r${round}`))));
  }
  return {
    promise: `run of ${SESSIONS} sessions of 500 KB ≤ 2 × reading the rows and writing the bytes`,
    measure: "ratio of medians",
    value: median(ours) / median(bare),
    bound: { atMost: 2 },
    figures: { oursMs: median(ours), bareMs: median(bare) },
  };
}

async function run(database: string, archives: string): Promise<void> {
  await archiveAll(database, new FileBackend({ path: archives }), dirname(archives));
}

async function bareLoop(
  database: string,
  ids: readonly string[],
  documents: ReadonlyMap<string, Uint8Array>,
  folder: string,
): Promise<void> {
  await mkdir(folder);
  const db = new DatabaseSync(database, { readOnly: true });
  const messages = db.prepare(
    "SELECT * FROM message WHERE session_id = ? ORDER BY time_created, id",
  );
  const parts = db.prepare("SELECT * FROM part WHERE session_id = ? ORDER BY message_id, id");
  for (const id of ids) {
    messages.all(id);
    parts.all(id);
    const file = await open(join(folder, `${id}.json`), "w");
    await file.writeFile(documents.get(id)!);
    await file.sync();
    await file.close();
    const entries = await open(folder, "r");
    await entries.sync();
    await entries.close();
  }
  db.close();
}
