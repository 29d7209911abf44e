/**
 * Noticing that a whole store is gone, which no change of a session would show.
 *
 * @module
 */
import type { Backend, ListOptions } from "../backend.ts";
import { Failures } from "../failures.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { plainFolderOf } from "../plain/layout.ts";

/**
 * A backend that holds nothing although copies were made there.
 *
 * @since 0.1.0
 */
export interface EmptiedBackend {
  /** Its name. */
  readonly backend: string;
  /** How many copies are remembered. */
  readonly copies: number;
}

/**
 * Looks for emptied backends and marks their copies as lost. One short listing a backend. One that
 * cannot be asked fails at the end, after the others.
 *
 * @param backends Where to look.
 * @param ledger Remembers what was copied.
 * @param signal Stops it.
 */
export async function* forgetEmptied(
  backends: readonly Backend[],
  ledger: Ledger,
  signal?: AbortSignal,
): AsyncGenerator<EmptiedBackend> {
  const failures = new Failures();
  for (const backend of backends) {
    const stored = [...ledger.entries()].filter((entry) =>
      entry.backend === backend.identity && entry.state === "stored"
    );
    if (stored.length === 0) continue;
    // Copies in a backend that cannot be asked are not lost: nothing is known of them.
    if (await failures.attempt(() => holdsAnything(backend, signal), true)) continue;
    await Promise.all(
      stored.map((entry) => ledger.record({ ...entry, state: "lost" })),
    );
    yield { backend: backend.name, copies: stored.length };
  }
  failures.throwAny();
}

/** Plain files count for nothing: a machine's are all passed over at once. */
async function holdsAnything(backend: Backend, signal?: AbortSignal): Promise<boolean> {
  let key = await firstKey(backend, { signal });
  while (key !== undefined) {
    const folder = plainFolderOf(key);
    if (folder === undefined) return true;
    // What sorts right after all that begins with the folder's slash.
    key = await firstKey(backend, { startAfter: `${folder.slice(0, -1)}0`, signal });
  }
  return false;
}

async function firstKey(backend: Backend, options: ListOptions): Promise<string | undefined> {
  for await (const page of backend.list({ ...options, limit: 1 })) {
    if (page.objects.length > 0) return page.objects[0].key;
  }
}
