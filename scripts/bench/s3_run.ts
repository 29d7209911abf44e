/**
 * `run` of 300 sessions of 500 KB to the embedded server, beside bare PutObject calls of the same
 * bytes, as many at once: on loopback, and with 40 ms before every reply. The server has a process
 * of its own, as stores do.
 *
 * @module
 */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Archiver, MemoryBackend, openCode, S3Backend } from "@session-archiver/archiver";
import { join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { FileSpool } from "../../adapters/state/spool.ts";
import { S3Server } from "./s3_server.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

const SESSIONS = 300;
const AT_ONCE = 4;
const ROUNDS = 9;
/** What the server can do, which its address does not tell. */
const CONDITIONAL = { createOnly: true, ifMatch: true };
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
  documents: ReadonlyMap<string, Uint8Array>,
  { latencyMs, atMost }: typeof CASES[number],
): Promise<Finding> {
  const server = await S3Server.start({ latencyMs });
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await milliseconds(() => putAll(server, documents, `bare${round}`)));
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

/** The documents as they are archived, by key. */
async function documentsOf(database: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const backend = new MemoryBackend();
  const archiver = new Archiver({ agents: [openCode({ database })], backends: [backend] });
  for await (const { copies } of archiver.archiveAll()) if (copies[0].error) throw copies[0].error;
  const documents = new Map<string, Uint8Array>();
  for await (const { objects } of backend.list()) {
    for (const { key } of objects) {
      const { body } = await backend.get(key);
      documents.set(
        key,
        await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
      );
    }
  }
  return documents;
}

async function run(server: S3Server, database: string, folder: string, prefix: string) {
  const ledger = await FileLedger.open(join(folder, `${crypto.randomUUID()}.jsonl`));
  const archiver = new Archiver({
    agents: [openCode({ database })],
    backends: [
      await S3Backend.open({
        ...placeOf(server),
        bucket: "archives",
        prefix,
        quirks: CONDITIONAL,
        env: {},
      }),
    ],
    ledger,
    spool: await FileSpool.open(join(folder, "spool")),
  });
  for await (const { session, copies } of archiver.archiveAll({ concurrency: AT_ONCE })) {
    if (copies[0].status !== "archived") throw copies[0].error ?? new Error(session.id);
  }
  await archiver.close();
  await ledger.close();
}

function placeOf({ place: { endpoint, region, credentials } }: S3Server) {
  // The SDK writes into what it is given.
  return { endpoint, region, credentials: { ...credentials } };
}

async function putAll(
  server: S3Server,
  documents: ReadonlyMap<string, Uint8Array>,
  prefix: string,
) {
  const client = new S3Client({
    ...placeOf(server),
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const waiting = [...documents];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [key, Body] = next;
      await client.send(
        new PutObjectCommand({ Bucket: "archives", Key: `${prefix}/${key}`, Body }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  client.destroy();
}
