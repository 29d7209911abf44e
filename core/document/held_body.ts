/**
 * Bytes of any number, held so that they can be read again and again.
 *
 * @module
 */
import { type Body, PART_SIZE } from "../backend.ts";
import type { Spool } from "./spool.ts";

/** A body, and how to let go of it. */
export interface HeldBody {
  /** The bytes; repeatable. */
  readonly body: Body;
  /** Removes what was spooled. */
  readonly dispose: () => Promise<void>;
}

/**
 * Takes bytes in: small ones into memory, larger ones through the spool.
 *
 * @param chunks The bytes.
 * @param spool Takes them when they are many.
 */
export async function heldBody(
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

/**
 * The bytes of a body, part by part.
 *
 * @param body Which.
 */
export async function* partsOf(body: Body): AsyncGenerator<Uint8Array> {
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
