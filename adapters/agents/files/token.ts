/**
 * What tells whether a session's file has changed, without opening it.
 *
 * @module
 */
import type { BigIntStats } from "node:fs";
import { sha256Hex } from "../../../core/hash.ts";

/** What a look at a file tells. */
export interface LookedAt {
  /** The file's length in bytes. */
  readonly size: number;
  /** When it last changed, in whole milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/**
 * What a look has told.
 *
 * @param stats From `stat` with `bigint`: only so do all runtimes round times alike.
 */
export function lookedAt({ size, mtimeMs }: BigIntStats): LookedAt {
  return { size: Number(size), modifiedMs: Number(mtimeMs) };
}

/**
 * The change token of a file.
 *
 * @param file What a look has told of it, with its folder where a move is a change.
 * @param leftOut How many bytes at its end were not taken. A look alone never gives the token of a
 * file of which anything was left out, so that it is read again until nothing is.
 */
export function tokenOf(
  { size, modifiedMs, folder }: LookedAt & { readonly folder?: string },
  leftOut = 0,
): string {
  const where = folder === undefined ? "" : `-${hashOf(folder)}`;
  const token = `${size}-${modifiedMs}${where}`;
  return leftOut === 0 ? token : `${token}-without-${leftOut}`;
}

/** Of the last folder, since the files of one follow one another, and there may be tens of thousands. */
let last = { folder: "", hash: "" };

function hashOf(folder: string): string {
  if (folder !== last.folder) last = { folder, hash: sha256Hex(folder).slice(0, 8) };
  return last.hash;
}
