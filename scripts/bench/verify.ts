/**
 * Verifying 10,000 archives in a bucket beside bare requests of the SDK at the same concurrency, and
 * what is held in memory for ten times as many.
 *
 * @module
 */
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  Archiver,
  type Backend,
  type Ledger,
  MemoryLedger,
  S3Backend,
  type VerifyOptions,
} from "@session-archiver/archiver";
import { readMetadata } from "../../core/document/metadata.ts";
import { inParallel } from "../../core/parallel.ts";
import { type Finding, inProcess, median, milliseconds } from "./measure.ts";
import { placeOf } from "./s3_puts.ts";
import { S3Server } from "./s3_server.ts";

const EXPOSE_GC = ["--v8-flags=--expose-gc"];
const AT_ONCE = 8;
const FILLED = { projects: 10, days: 100, aDay: 10 };
const COUNT = FILLED.projects * FILLED.days * FILLED.aDay;

/** A store, and how much more than bare requests it may take. */
interface Distance {
  readonly name: string;
  /** Milliseconds before every reply. */
  readonly latencyMs: number;
  readonly rounds: number;
  readonly atMost: { readonly quick: number; readonly full: number };
}

/** Quicker than any store at the other end of a line. */
const NEAR: Distance = {
  name: "at 5 ms",
  latencyMs: 5,
  rounds: 3,
  atMost: { quick: 1.3, full: 1.3 },
};
/**
 * Here nothing waits: a request takes what the SDK computes for it, and hashing and reading what has
 * come stands beside that.
 */
const WITHIN: Distance = {
  name: "without any wait",
  latencyMs: 0,
  rounds: 7,
  atMost: { quick: 1.4, full: 1.6 },
};

/** Measures it. */
export async function benchVerify(): Promise<Finding[]> {
  return [...await atDistance(NEAR), ...await atDistance(WITHIN), await benchMemory()];
}

async function atDistance(distance: Distance): Promise<Finding[]> {
  const server = await S3Server.start({ filled: FILLED, latencyMs: distance.latencyMs });
  const backend = await S3Backend.open(placeOf(server, ""));
  const bare = bareClient(server);
  try {
    return await measure(server, backend, bare, distance);
  } finally {
    bare.client.destroy();
    await backend.close();
    await server.stop();
  }
}

async function measure(
  server: S3Server,
  backend: Backend,
  bare: Bare,
  { name: where, rounds, atMost: { quick, full } }: Distance,
): Promise<Finding[]> {
  const keys = await keysOf(backend);
  const remembered = await ledgerOf(backend, keys);
  const works = {
    heads: () => inParallel(keys, AT_ONCE, bare.head),
    quick: () => verify(backend, new MemoryLedger(), { quick: true }),
    known: () => verify(backend, remembered, { quick: true }),
    gets: () => inParallel(keys, AT_ONCE, bare.get),
    full: () => verify(backend, new MemoryLedger(), {}),
  };
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of Object.entries(works)) times[name].push(await milliseconds(work));
  }
  const [headsMs, quickMs, knownMs, getsMs, fullMs] = Object.values(times).map(median);
  const ratio = (what: string, atMost: number, figures: Finding["figures"]): Finding => {
    const [ours, theirs] = Object.values(figures);
    const promise = `${what} ≤ ${atMost} × as many, ${where}`;
    return {
      promise,
      measure: "ratio of medians",
      value: ours / theirs,
      bound: { atMost },
      figures,
    };
  };
  await server.counts();
  await works.full();
  const { GetObject: gets = 0, HeadObject: heads = 0 } = await server.counts();
  return [
    ratio("verifying quickly, nothing remembered, by HEADs", quick, { quickMs, headsMs }),
    ratio("verifying quickly what is remembered beside HEADs", quick, { knownMs, headsMs }),
    ratio("verifying in full by GETs", full, { fullMs, getsMs }),
    {
      promise: "verifying in full by one GET an object, and nothing else",
      measure: "requests an object",
      value: (gets + heads) / COUNT,
      bound: { atMost: 1 },
      figures: { gets, heads },
    },
  ];
}

/** Requests without anything around them. */
interface Bare {
  readonly client: S3Client;
  head(key: string): Promise<void>;
  get(key: string): Promise<void>;
}

function bareClient(server: S3Server): Bare {
  const { endpoint, region, credentials, bucket: Bucket } = placeOf(server, "");
  const client = new S3Client({
    ...{ endpoint, region, credentials },
    forcePathStyle: true,
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    client,
    async head(Key) {
      await client.send(new HeadObjectCommand({ Bucket, Key }));
    },
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      await Body?.transformToByteArray();
    },
  };
}

async function keysOf(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
  return keys;
}

/** What a machine remembers that has archived all of them itself. */
async function ledgerOf(backend: Backend, keys: readonly string[]): Promise<MemoryLedger> {
  const ledger = new MemoryLedger();
  await inParallel(keys, AT_ONCE, async (key) => {
    const { etag, size, metadata } = await backend.head(key);
    const { agent, id, sha256, facts } = readMetadata(metadata)!;
    const extent = { length: 0, sha256, shape: [] };
    const where = { agent, store: "/a/store", id, backend: backend.identity, key, etag, size };
    await ledger.record({ ...where, state: "stored", token: "1", sha256, extent, facts });
  });
  return ledger;
}

async function verify(backend: Backend, ledger: Ledger, options: VerifyOptions): Promise<void> {
  const archiver = new Archiver({ agents: [], backends: [backend], ledger });
  let good = 0;
  for await (const outcome of archiver.verify(undefined, { ...options, concurrency: AT_ONCE })) {
    if (outcome.status !== "ok") throw new Error(outcome.problem);
    good++;
  }
  if (good !== COUNT) throw new Error(`${good} of ${COUNT}`);
}

/** What is held tells whether anything grows; the peak tells how late a collector sweeps. */
async function benchMemory(): Promise<Finding> {
  const memory = (count: number) =>
    inProcess<{ held: number; peak: number }>("verify_child.ts", [String(count)], EXPOSE_GC);
  const [few, many] = [await memory(COUNT), await memory(10 * COUNT)];
  return {
    promise: "verifying 100,000 archives on two backends holds no more than 10,000",
    measure: "MiB more",
    value: many.held - few.held,
    bound: { atMost: 4 },
    figures: {
      fewMiB: few.held,
      manyMiB: many.held,
      fewPeakMiB: few.peak,
      manyPeakMiB: many.peak,
    },
  };
}
