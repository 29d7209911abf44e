/**
 * Keeping a process small while hundreds of megabytes pass through it. Collectors go by the objects
 * that they know, and leave the buffers behind those for long after their use: 500 MB left up to
 * 270 MB behind under Deno, and 230 MB under Bun.
 *
 * @module
 */

/** How many bytes may pass before they are swept up. */
const STEP = 16 << 20;

/** Counts the bytes of one large object that pass through, and has their buffers freed. */
export class PassingBytes {
  #unswept = 0;

  /**
   * Some more have passed, and are no longer needed.
   *
   * @param bytes How many.
   */
  add(bytes: number): void {
    this.#unswept += bytes;
    if (this.#unswept < STEP) return;
    this.#unswept = 0;
    collect ??= collector();
    collect();
  }
}

let collect: (() => void) | undefined;

function collector(): () => void {
  const { Bun, gc } = globalThis as { readonly Bun?: { gc(now: boolean): void }; gc?(): void };
  if (gc !== undefined) return gc;
  if (Bun !== undefined) return () => Bun.gc(true);
  // The flag holds for contexts made from now on, of which this is the only one that has a use for it.
  process.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
  return process.getBuiltinModule("node:vm").runInNewContext("gc");
}
