/**
 * What of a file of lines must not get lost: each of its records, wherever it stands.
 *
 * @module
 */
import type { Unit } from "../../../core/agent.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { nativePieces } from "./native_file.ts";

/**
 * Takes native lines apart. A record is known by what it says: it has no other id that all agents give,
 * and one that says something else is another one.
 *
 * @param native The lines of a document.
 */
export async function* unitsOf(native: AsyncIterable<string>): AsyncGenerator<Unit> {
  const seen = new Map<string, number>();
  for await (const piece of nativePieces(native)) {
    if (piece.kind !== "record") continue;
    const hash = sha256Hex(piece.json).slice(0, 32);
    const count = seen.get(hash) ?? 0;
    seen.set(hash, count + 1);
    yield { id: `${hash}#${count}`, value: piece.json };
  }
}
