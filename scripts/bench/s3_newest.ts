/**
 * The newest 20 of 100,000 archives in a bucket, each reply 40 ms late: how many requests that
 * takes, for one project and for a hundred, and how long beside a full listing.
 *
 * @module
 */
import {
  type ArchiveEntry,
  Archiver,
  type ListFilter,
  MemoryLedger,
  S3Backend,
} from "@session-archiver/archiver";
import { type Finding, median, milliseconds } from "./measure.ts";
import { S3Server } from "./s3_server.ts";

const ROUNDS = 3;
const LATENCY = 40;
const ROWS = 20;
const KNOWN = 1000;
const ONE_PROJECT: ListFilter = { segments: ["home_me_project-7"] };
/** 100,000 archives each: many on few days, or few on many. */
const HISTORIES = {
  dense: { projects: 100, days: 100, aDay: 10 },
  sparse: { projects: 100, days: 1000, aDay: 1 },
} as const;

/** Measures it. */
export async function benchS3Newest(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [history, filled] of Object.entries(HISTORIES)) {
    const server = await S3Server.start({ latencyMs: LATENCY, filled });
    const place = { ...server.place, bucket: "archives", provider: "minio", env: {} } as const;
    const backend = await S3Backend.open(place);
    try {
      const found = await measure(server, backend, filled.projects);
      findings.push(...found.map((one) => ({ ...one, promise: `${one.promise} (${history})` })));
    } finally {
      await backend.close();
      await server.stop();
    }
  }
  return findings;
}

async function measure(
  server: S3Server,
  backend: S3Backend,
  projects: number,
): Promise<Finding[]> {
  await newest(backend);
  const [newestMs, listingMs] = await timed(() => newest(backend), () => walk(backend));
  const all = await requests(server, () => newest(backend));
  const one = await requests(server, () => newest(backend, ONE_PROJECT));
  // All of the newest days: the rest of a day must not come before what is known of it.
  const ledger = await ledgerOf(backend, await newest(backend, {}, new MemoryLedger(), KNOWN));
  const known = await requests(server, () => newest(backend, {}, ledger));
  const lists = (promise: string, figures: Requests, atMost: number): Finding => ({
    promise,
    measure: "lists",
    value: figures.lists,
    bound: { atMost },
    figures,
  });
  const heads = (promise: string, figures: Requests, atMost: number): Finding => ({
    promise,
    measure: "heads",
    value: figures.heads,
    bound: { atMost },
    figures,
  });
  return [
    {
      promise: "the newest 20 of 100,000 in S3 ≥ 5 × faster than a full listing",
      measure: "ratio of medians",
      value: listingMs / newestMs,
      bound: { atLeast: 5 },
      figures: { newestMs, listingMs },
    },
    lists(`the newest 20 of ${projects} projects with ≤ 2 lists each + 5`, all, 2 * projects + 5),
    lists("the newest 20 of one project with ≤ 3 lists", one, 3),
    heads("the newest 20 with at most one HEAD a row", all, ROWS),
    heads("the newest 20 without a HEAD when the ledger knows them", known, 0),
  ];
}

async function newest(
  backend: S3Backend,
  filter: ListFilter = {},
  ledger = new MemoryLedger(),
  limit = ROWS,
): Promise<ArchiveEntry[]> {
  const archiver = new Archiver({ agents: [], backends: [backend], ledger });
  const rows: ArchiveEntry[] = [];
  for await (const row of archiver.list({ ...filter, limit })) rows.push(row);
  if (rows.length !== limit || rows.some(({ problem }) => problem)) throw new Error("wrong rows");
  return rows;
}

async function walk(backend: S3Backend): Promise<void> {
  let keys = 0;
  for await (const page of backend.list()) keys += page.objects.length;
  if (keys !== 100_000) throw new Error(`${keys} keys`);
}

async function timed(ours: () => Promise<unknown>, all: () => Promise<unknown>) {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    times[0].push(await milliseconds(ours));
    times[1].push(await milliseconds(all));
  }
  return times.map(median);
}

type Requests = { readonly lists: number; readonly heads: number };

async function requests(server: S3Server, work: () => Promise<unknown>): Promise<Requests> {
  await server.counts();
  await work();
  const { ListObjectsV2 = 0, ListObjects = 0, HeadObject = 0 } = await server.counts();
  return { lists: ListObjectsV2 + ListObjects, heads: HeadObject };
}

/** A ledger that remembers some archives. */
async function ledgerOf(
  { identity }: S3Backend,
  rows: readonly ArchiveEntry[],
): Promise<MemoryLedger> {
  const ledger = new MemoryLedger();
  for (const { agent, id, key, size, ...facts } of rows) {
    const sha256 = "0".repeat(64);
    const extent = { length: 0, sha256, shape: [] };
    const store = "/a/store";
    const state = "stored";
    await ledger.record(
      { agent, store, id, backend: identity, state, token: "1", key, sha256, size, extent, facts },
    );
  }
  return ledger;
}
