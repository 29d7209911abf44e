/**
 * `run` of 300 sessions of 500 KB to the embedded server, beside bare PutObject calls of the same
 * bytes, as many at once: on loopback, and with 40 ms before every reply. The server has a process
 * of its own, as stores do.
 *
 * @module
 */
import { S3Backend } from "@session-archiver/archiver";
import { join } from "node:path";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { archiveAll } from "./archive_all.ts";
import { type Finding, median, milliseconds } from "./measure.ts";
import { type Documents, documentsOf, placeOf, putAll } from "./s3_puts.ts";
import { S3Server } from "./s3_server.ts";

const SESSIONS = 300;
const AT_ONCE = 4;
const ROUNDS = 9;
/** Servers, by the wait before each reply in milliseconds and what is promised then. */
const CASES = [{ latencyMs: 0, atMost: 2 }, { latencyMs: 40, atMost: 1.3 }] as const;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchS3Run(folder: string): Promise<Finding[]> {
  const database = join(folder, "opencode.db");
  await writeOpenCodeDatabase(database, {
    sessions: [{ count: SESSIONS, bytesPerSession: 500_000, turns: 25 }],
  });
  const documents = await documentsOf(database);
  const findings: Finding[] = [];
  for (const one of CASES) findings.push(await compare(folder, database, documents, one));
  return findings;
}

async function compare(
  folder: string,
  database: string,
  documents: Documents,
  { latencyMs, atMost }: typeof CASES[number],
): Promise<Finding> {
  const server = await S3Server.start({ latencyMs });
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await milliseconds(() => putAll(server, documents, `bare${round}`, AT_ONCE)));
      ours.push(await milliseconds(() => run(server, database, folder, `ours${round}`)));
    }
  } finally {
    await server.stop();
  }
  return {
    promise: `run of ${SESSIONS} sessions of 500 KB to embedded S3 ≤ ${atMost} × bare PutObject` +
      (latencyMs ? `, each reply ${latencyMs} ms late` : ""),
    measure: "ratio of medians",
    value: median(ours) / median(bare),
    bound: { atMost },
    figures: { oursMs: median(ours), bareMs: median(bare) },
  };
}

async function run(server: S3Server, database: string, folder: string, prefix: string) {
  const backend = await S3Backend.open({ ...placeOf(server, prefix), env: {} });
  await archiveAll(database, backend, folder);
}
