/**
 * What of a session's files must not get lost: each record of its own file, each file beside it.
 *
 * @module
 */
import type { Unit } from "../../../core/agent.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { firstAndRest } from "./first_line.ts";
import type { FileFormat } from "./format.ts";
import { nativePieces } from "./native_file.ts";
import { areFiles, fileElements } from "./native_files.ts";
import { isWhole, valueIn } from "./record.ts";

/**
 * Takes native lines apart.
 *
 * @param native The lines of a document.
 * @param format What stands in them.
 */
export async function* unitsOf(
  native: AsyncIterable<string>,
  format: FileFormat,
): AsyncGenerator<Unit> {
  const [first, lines] = await firstAndRest(native);
  if (areFiles(first)) yield* unitsOfFiles(lines, format);
  else yield* unitsOfRecords(lines, format);
}

/** A record is known by what it says: it has no other id that all agents give. */
async function* unitsOfRecords(
  lines: AsyncIterable<string>,
  format: FileFormat,
): AsyncGenerator<Unit> {
  const seen = new Map<string, number>();
  for await (const piece of nativePieces(lines)) {
    if (piece.kind !== "record") continue;
    const inner = format.unitsIn && isWhole(piece.json) && format.unitsIn(valueIn(piece.json));
    if (inner) yield* inner;
    else {
      const hash = sha256Hex(piece.json).slice(0, 32);
      const count = seen.get(hash) ?? 0;
      seen.set(hash, count + 1);
      yield { id: `${hash}#${count}`, value: piece.json };
    }
  }
}

async function* unitsOfFiles(
  lines: AsyncIterable<string>,
  { isPassing }: FileFormat,
): AsyncGenerator<Unit> {
  let [path, piece] = ["", 0];
  for await (const element of fileElements(lines)) {
    if (isPassing?.(element.path)) continue;
    piece = element.path === path ? piece + 1 : 0;
    ({ path } = element);
    yield { id: `${path}#${piece}`, value: element.json };
  }
}
