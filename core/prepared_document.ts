/**
 * A session's document on its way to the backends: written once, read as often as they need it.
 * Small ones stay in memory, large ones go through the spool.
 *
 * @module
 */
import type { LoadedSession } from "./agent.ts";
import { type Body, PART_SIZE } from "./backend.ts";
import { type DocumentDigest, DocumentWriter } from "./document.ts";
import { gzipped } from "./gzip.ts";
import type { Spool } from "./spool.ts";
import { streamOf } from "./streams.ts";

/** A written document, to be disposed of. */
export interface PreparedDocument {
  /** What is known of it. */
  readonly digest: DocumentDigest;
  /** Its bytes, for a backend. */
  readonly body: Body;
  /** Its bytes packed with gzip; packed once, when they are first asked for. */
  packed(): Promise<Body>;
  /** The session's change token that belongs to it. */
  readonly token: string;
  /** What the user should hear about the session. */
  readonly warnings: readonly string[];
  /** Its bytes, as a stream; repeatable. */
  open(): ReadableStream<Uint8Array>;
  /** Removes what was spooled. */
  dispose(): Promise<void>;
}

/**
 * Writes a loaded session as a document.
 *
 * @param agent The agent's name.
 * @param session What was loaded.
 * @param spool Takes it when it is large.
 * @param watch See {@linkcode DocumentWriter}.
 */
export async function prepareDocument(
  agent: string,
  session: LoadedSession,
  spool: Spool,
  watch: Iterable<number>,
): Promise<PreparedDocument> {
  const writer = new DocumentWriter(agent, session, watch);
  const held = await hold(writer.chunks(), spool);
  const { body } = held;
  let packed: Promise<HeldBody> | undefined;
  return {
    digest: writer.digest(),
    body,
    packed: async () => (await (packed ??= hold(gzipped(partsOf(body)), spool))).body,
    token: session.token,
    warnings: session.warnings(),
    open: () => streamOf(partsOf(body)),
    async dispose() {
      await held.dispose();
      // What could not be packed left nothing behind; whoever asked for it heard why.
      await (await packed?.catch(() => undefined))?.dispose();
    },
  };
}

/** A body, and how to let go of it. */
interface HeldBody {
  readonly body: Body;
  readonly dispose: () => Promise<void>;
}

async function hold(
  chunks: AsyncGenerator<Uint8Array>,
  spool: Spool,
): Promise<HeldBody> {
  const held: Uint8Array[] = [];
  let size = 0;
  while (size <= PART_SIZE) {
    const next = await chunks.next();
    if (next.done) return { body: concat(held, size), dispose: () => Promise.resolve() };
    held.push(next.value);
    size += next.value.length;
  }
  const body = await spool.write(drained(held, chunks));
  return { body, dispose: () => body.dispose() };
}

async function* drained(
  held: Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = held.shift(); chunk; chunk = held.shift()) yield chunk;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The bytes of a body, part by part. */
async function* partsOf(body: Body): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  for (let start = 0; start < body.size; start += PART_SIZE) {
    yield await body.read(start, Math.min(body.size, start + PART_SIZE));
  }
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
