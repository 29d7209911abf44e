/**
 * What a long session costs that is archived at each of its pauses: bytes and requests as they go over
 * the wire, and time beside a full put of the same object.
 *
 * @module
 */
import {
  Archiver,
  type Body,
  MemoryAgent,
  type PutOptions,
  S3Backend,
  type S3BackendOptions,
} from "@session-archiver/archiver";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { FileSpool } from "../../adapters/state/spool.ts";
import { startCeph, type StoreAddress } from "../../tests/e2e/ceph.ts";
import { type Finding, median, milliseconds } from "./measure.ts";
import { S3Server } from "./s3_server.ts";
import { Wire } from "./wire.ts";

const KEY = "home_me_project/2026-01-31/long.json";
/** Below this, an object is one request either way, or so small that only latency counts. */
const LARGE = 10_000_000;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchIncremental(folder: string): Promise<Finding[]> {
  return [...await onCeph(folder), await manyPauses(), await changedMiddle(folder)];
}

/** 100 pauses, each after 1 MB. */
async function onCeph(folder: string): Promise<Finding[]> {
  const ceph = await startCeph();
  if ("missing" in ceph) {
    console.log(`       no long session on Ceph: ${ceph.missing}`);
    return [];
  }
  const wire = await Wire.to(ceph.endpoint);
  const other = await Wire.to(ceph.endpoint);
  const bucket = await ceph.makeBucket();
  const known = { provider: "ceph", quirks: { ifMatch: true } } as const;
  const backend = await open(ceph, { endpoint: wire.endpoint, bucket, ...known });
  const never = { prefix: "whole", incremental: "never" } as const;
  const whole = await open(ceph, { endpoint: other.endpoint, bucket, ...never, ...known });
  try {
    const seen = await growing(backend, whole, folder);
    const { bytes, requests } = wire.taken();
    const what = "100 idles of 1 MB on Ceph";
    const figures = { ...seen, sentMB: bytes / 1e6, requests };
    return [
      finding(`${what} upload ≤ 1.4 × the final size`, bytes / seen.finalBytes, 1.4, figures),
      finding(`${what} take ≤ 5 requests each`, requests / 100, 5, { requests }),
      finding(`${what} take ≤ 0.6 × a full put of the same object`, seen.ratio, 0.6, {
        idleMs: seen.idleMs,
        fullMs: seen.fullMs,
      }),
    ];
  } finally {
    await Promise.all([backend.close(), whole.close()]);
    await Promise.all([wire.cut(), other.cut()]);
    await ceph.stop();
  }
}

/** Archives a session that grows, and puts every tenth state whole as well. */
async function growing(backend: S3Backend, whole: S3Backend, folder: string) {
  const idles: number[] = [];
  const fulls: number[] = [];
  let idle = 0;
  let finalBytes = 0;
  const put = backend.put.bind(backend);
  backend.put = async (key: string, body: Body, options?: PutOptions) => {
    let stored = {};
    const idleMs = await milliseconds(async () => stored = await put(key, body, options));
    finalBytes = body instanceof Uint8Array ? body.length : body.size;
    if (idle++ % 10 === 9 && finalBytes > LARGE) {
      const { metadata, contentType } = options ?? {};
      idles.push(idleMs);
      fulls.push(await milliseconds(() => whole.put(key, body, { metadata, contentType })));
    }
    return stored;
  };
  const session = await sessionIn(backend, folder);
  for (let at = 0; at < 100; at++) {
    await session.archives((messages) => [...messages, message(1e6)]);
  }
  const ratio = median(idles.map((ms, at) => ms / fulls[at]));
  return { finalBytes, ratio, idleMs: median(idles), fullMs: median(fulls) };
}

/** 1,000 pauses, each after 100 KB; without the agent, which would have to give 50 GB. */
async function manyPauses(): Promise<Finding> {
  return await onEmbedded(async (backend, wire) => {
    const bytes = noise(100_000_000);
    const hash = createHash("sha256");
    let etag: string | undefined;
    for (let size = 100_000; size <= bytes.length; size += 100_000) {
      const body = bytes.subarray(0, size);
      const read = (start: number, end: number) => Promise.resolve(body.slice(start, end));
      const sha256 = hash.update(body.subarray(size - 100_000)).copy().digest("hex");
      ({ etag } = await backend.put(KEY, size < 8 << 20 ? body : { size, sha256, read }, {
        ...(etag !== undefined && {
          mode: { ifMatch: etag },
          continues: { etag, length: size - 100_000 },
        }),
      }));
    }
    const { bytes: sent, requests } = wire.taken();
    return finding(
      "1,000 idles of 100 KB on the embedded server upload ≤ 2.5 × the final size",
      sent / bytes.length,
      2.5,
      { sentMB: sent / 1e6, requests },
    );
  });
}

/** A session of 30 MB in which one message after another grows, so that nothing of it is lost. */
async function changedMiddle(folder: string): Promise<Finding> {
  return await onEmbedded(async (backend, wire) => {
    const session = await sessionIn(backend, folder);
    await session.archives(() => Array.from({ length: 30 }, () => message(1e6)));
    const full = wire.taken().bytes;
    const sent: number[] = [];
    for (const place of [0, 3, 10, 20, 29]) {
      await session.archives((messages) => messages.with(place, messages[place] + message(1e5)));
      sent.push(wire.taken().bytes);
    }
    return finding(
      "a session of 30 MB whose middle changes uploads no more than one full put",
      Math.max(...sent) / full,
      1.01,
      { fullMB: full / 1e6, mostMB: Math.max(...sent) / 1e6, medianMB: median(sent) / 1e6 },
    );
  });
}

/** Plays with a backend on the embedded server, whose bytes are counted on their way. */
async function onEmbedded(
  play: (backend: S3Backend, wire: Wire) => Promise<Finding>,
): Promise<Finding> {
  const server = await S3Server.start();
  const wire = await Wire.to(server.place.endpoint);
  const quirks = { createOnly: true, ifMatch: true };
  const place = { bucket: "archives", endpoint: wire.endpoint, provider: "minio", quirks } as const;
  const backend = await open(server.place, place);
  try {
    return await play(backend, wire);
  } finally {
    await backend.close();
    await wire.cut();
    await server.stop();
  }
}

/** A session that can be changed and archived again. */
async function sessionIn(backend: S3Backend, folder: string) {
  const agent = new MemoryAgent();
  const spool = await FileSpool.open(join(folder, crypto.randomUUID()));
  const archiver = new Archiver({ agents: [agent], backends: [backend], spool });
  let texts: readonly string[] = [];
  return {
    async archives(change: (messages: readonly string[]) => readonly string[]): Promise<void> {
      texts = change(texts);
      agent.set({
        id: "long",
        projectPath: "/home/me/project",
        createdAt: "2026-01-31T12:00:00.000Z",
        title: "A long session",
        messages: texts.map((text, at) => ({ id: `m${at}`, role: "user", text })),
      });
      for await (const { copies: [{ error }] } of archiver.archiveAll()) if (error) throw error;
    },
  };
}

function open(
  { region, credentials }: Pick<StoreAddress, "region" | "credentials">,
  options: Partial<S3BackendOptions> & Pick<S3BackendOptions, "bucket">,
): Promise<S3Backend> {
  return S3Backend.open({ region, credentials, env: {}, ...options });
}

let made = 0;

/** A text of so many letters that no other has. */
function message(length: number): string {
  const seed = createHash("sha256").update(`${made++}`).digest("base64");
  return seed.repeat(Math.ceil(length / seed.length)).slice(0, length);
}

/** Bytes that do not repeat. */
function noise(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761);
  return new Uint8Array(words.buffer, 0, length);
}

function finding(
  promise: string,
  value: number,
  atMost: number,
  figures: Finding["figures"],
): Finding {
  return { promise, measure: "ratio", value, bound: { atMost }, figures };
}
