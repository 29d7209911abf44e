/**
 * What a user means by a key or a session id.
 *
 * @module
 */
import { checkSessionId, parseArchiveKey } from "./archive_key.ts";
import type { Backend } from "./backend.ts";
import { ArchiveError } from "./errors.ts";
import { Failures } from "./failures.ts";
import type { Ledger } from "./ledger.ts";

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
 * @param text A key, or a session's id.
 * @param source Where to look for an id: the ledger first, then every key of every backend.
 * @throws {ArchiveError} `NotFound` or `Invalid` (several archives have the id; all are named). What
 * a backend fails with, when no other one has it.
 */
export async function resolveKey(text: string, source: ResolutionSource): Promise<string> {
  if (parseArchiveKey(text)) return text;
  if (text.includes("/")) {
    throw new ArchiveError(
      "Invalid",
      `${JSON.stringify(text)} is no archive's key: keys look like ` +
        `home_me_project/2026-01-31/ses_1.json, and a session's id alone will do`,
      { key: text },
    );
  }
  const keys = await keysOf(checkSessionId(text), source);
  if (keys.length === 1) return keys[0];
  if (keys.length === 0) {
    const names = source.backends.map((backend) => backend.name).join(", ");
    throw new ArchiveError("NotFound", `no archive of a session ${text} is on ${names}`, {
      session: text,
    });
  }
  throw new ArchiveError(
    "Invalid",
    `${text} has ${keys.length} archives; name one by its key: ${keys.join(", ")}`,
    { session: text },
  );
}

async function keysOf(id: string, source: ResolutionSource): Promise<string[]> {
  const { backends, ledger, signal } = source;
  const identities = new Set(backends.map((backend) => backend.identity));
  const keys = new Set<string>();
  for (const entry of ledger.entries()) {
    if (entry.id === id && entry.state === "stored" && identities.has(entry.backend)) {
      keys.add(entry.key);
    }
  }
  if (keys.size > 0) return [...keys];
  const failures = new Failures();
  for (const backend of backends) {
    const found = await failures.attempt(() => keysIn(backend, id, signal), []);
    for (const key of found) keys.add(key);
  }
  if (keys.size === 0) failures.throwAny();
  return [...keys].sort();
}

/** The archives of a session that a backend holds, found by a look at every key. */
async function keysIn(backend: Backend, id: string, signal?: AbortSignal): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of backend.list({ signal })) {
    for (const { key } of page.objects) {
      const parts = parseArchiveKey(key);
      if (parts?.id === id && !parts.version) keys.push(key);
    }
  }
  return keys;
}
