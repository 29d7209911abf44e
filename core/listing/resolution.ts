/**
 * What a user means by a key, a part of one, or a session id.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { ArchiveError } from "../errors.ts";
import { Failures } from "../failures.ts";
import { noArchive } from "./holders.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { checkShortKey, isShortFor, withoutEnding } from "../keys/short_key.ts";

/** Where archives are looked for. */
export interface ResolutionSource {
  /** The stores. */
  readonly backends: readonly Backend[];
  /** Knows this machine's archives without a look. */
  readonly ledger: Ledger;
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/**
 * The key that a text stands for.
 *
 * @param text A key, or what is short for one: without the folders that it is in, without its ending, or
 * without both, which is a session's id.
 * @param source Where to look for what is short: the ledger first, then every backend.
 * @throws {ArchiveError} `NotFound` or `Invalid` (several archives fit; all are named). What a backend
 * fails with, when no other one has it.
 */
export async function resolveKey(text: string, source: ResolutionSource): Promise<string> {
  if (parseArchiveKey(text)) return text;
  const keys = await keysOf(checkShortKey(text), source);
  if (keys.length === 1) return keys[0];
  if (keys.length === 0) throw noneOf(text, source.backends);
  throw new ArchiveError(
    "Invalid",
    `${text} has ${keys.length} archives; name one by its key: ${keys.join(", ")}`,
    { session: text },
  );
}

function noneOf(text: string, backends: readonly Backend[]): ArchiveError {
  if (text.includes("/")) return noArchive(text, backends);
  const names = backends.map((backend) => backend.name).join(", ");
  return new ArchiveError("NotFound", `no archive of a session ${text} is on ${names}`, {
    session: text,
  });
}

async function keysOf(text: string, source: ResolutionSource): Promise<string[]> {
  const { backends, ledger, signal } = source;
  const identities = new Set(backends.map((backend) => backend.identity));
  const keys = new Set<string>();
  for (const { key, state, backend } of ledger.entries()) {
    if (state === "stored" && identities.has(backend) && isShortFor(text, key)) keys.add(key);
  }
  if (keys.size > 0) return [...keys];
  const failures = new Failures();
  for (const backend of backends) {
    const found = await failures.attempt(() => keysIn(backend, text, signal), []);
    for (const key of found) keys.add(key);
  }
  if (keys.size === 0) failures.throwAny();
  return [...keys].sort();
}

/** Those in a backend, found by a look at every key, or at those of the day that the text names. */
async function keysIn(backend: Backend, text: string, signal?: AbortSignal): Promise<string[]> {
  const isWhole = text.split("/").length === 3;
  const prefix = isWhole ? withoutEnding(text) : undefined;
  const keys: string[] = [];
  for await (const page of backend.list({ prefix, signal })) {
    for (const { key } of page.objects) {
      if (isShortFor(text, key) && parseArchiveKey(key)) keys.push(key);
    }
  }
  return keys;
}
