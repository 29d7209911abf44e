/**
 * Verifying 10,000 archives in a bucket beside bare requests of the SDK at the same concurrency, and
 * the memory that ten times as many take.
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
import { readMetadata } from "../../core/metadata.ts";
import { inParallel } from "../../core/parallel.ts";
import { type Finding, inProcess, median, milliseconds } from "./measure.ts";
import { placeOf } from "./s3_puts.ts";
import { S3Server } from "./s3_server.ts";

const ROUNDS = 5;
const AT_ONCE = 8;
const FILLED = { projects: 10, days: 100, aDay: 10 };
const COUNT = FILLED.projects * FILLED.days * FILLED.aDay;

/** Measures it. */
export async function benchVerify(): Promise<Finding[]> {
  const server = await S3Server.start({ filled: FILLED });
  const backend = await S3Backend.open(placeOf(server, ""));
  const bare = bareClient(server);
  try {
    return [...await measure(server, backend, bare), await benchMemory()];
  } finally {
    bare.client.destroy();
    await backend.close();
    await server.stop();
  }
}

async function measure(server: S3Server, backend: Backend, bare: Bare): Promise<Finding[]> {
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
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) times[name].push(await milliseconds(work));
  }
  const [headsMs, quickMs, knownMs, getsMs, fullMs] = Object.values(times).map(median);
  const ratio = (promise: string, figures: Finding["figures"]): Finding => {
    const [ours, theirs] = Object.values(figures);
    const value = ours / theirs;
    return { promise, measure: "ratio of medians", value, bound: { atMost: 1.3 }, figures };
  };
  await server.counts();
  await works.full();
  const { GetObject: gets = 0, HeadObject: heads = 0 } = await server.counts();
  return [
    ratio("verifying quickly what nothing is remembered of ≤ 1.3 × HEADs", { quickMs, headsMs }),
    ratio("verifying quickly what is remembered ≤ 1.3 × HEADs", { knownMs, headsMs }),
    ratio("verifying in full ≤ 1.3 × GETs", { fullMs, getsMs }),
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

async function benchMemory(): Promise<Finding> {
  const peak = async (count: number) =>
    (await inProcess<{ peak: number }>("verify_child.ts", [String(count)])).peak;
  const [fewMiB, manyMiB] = [await peak(COUNT), await peak(10 * COUNT)];
  return {
    promise: "verifying 100,000 archives on two backends takes no more memory than 10,000",
    measure: "MiB more",
    value: manyMiB - fewMiB,
    bound: { atMost: 32 },
    figures: { fewMiB, manyMiB },
  };
}
