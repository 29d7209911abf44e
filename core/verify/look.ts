/**
 * One object that is looked at, and what the look has shown of it alone, before it is compared with
 * its mirrors.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { ArchiveFacts, Ledger, LedgerEntry } from "../ledger/ledger.ts";

/** An object to look at. */
export interface ObjectAt {
  /** Its key. */
  readonly key: string;
  /** Where it is. */
  readonly backend: Backend;
  /** Remembers what was archived. */
  readonly ledger: Ledger;
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/** What a whole archive holds. */
export interface Content {
  /** The agent's name. */
  readonly agent: string;
  /** SHA-256 of its plain bytes, 64 hex digits. */
  readonly sha256: string;
  /** What lists show of it. */
  readonly facts: ArchiveFacts;
}

/**
 * What was seen.
 *
 * - `whole`: all is well with it. A kept version, which may be anything, is told without its content.
 * - `unseen`: it is there, and was not looked at.
 * - `absent`: it is not there.
 */
export type Look =
  | { readonly found: "whole"; readonly size: number; readonly content?: Content }
  | { readonly found: "unseen" }
  | { readonly found: "absent"; readonly problem: string }
  | {
    readonly found: "damaged" | "foreign" | "undecodable" | "failed";
    readonly size: number;
    readonly problem: string;
  };

/**
 * The archive that is remembered at an object's place, unless the user deleted it.
 *
 * @param object Which.
 */
export function rememberedAt(
  { ledger, backend, key }: Pick<ObjectAt, "ledger" | "backend" | "key">,
): LedgerEntry | undefined {
  const entry = ledger.at(backend.identity, key);
  return entry?.state === "deleted" ? undefined : entry;
}

/**
 * Whether a state of a session is of an earlier time than another one.
 *
 * @param one The state.
 * @param other The other one.
 */
export function isEarlier(one: ArchiveFacts, other: ArchiveFacts): boolean {
  return Date.parse(one.updatedAt) < Date.parse(other.updatedAt);
}
