/**
 * Noticing that a whole store is gone, which no change of a session would show.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import type { Ledger } from "./ledger.ts";

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
 * Looks for emptied backends and marks their copies as lost. One short listing a backend.
 *
 * @param backends Where to look.
 * @param ledger Remembers what was copied.
 * @param signal Stops it.
 */
export async function forgetEmptied(
  backends: readonly Backend[],
  ledger: Ledger,
  signal?: AbortSignal,
): Promise<EmptiedBackend[]> {
  const emptied: EmptiedBackend[] = [];
  for (const backend of backends) {
    const stored = [...ledger.entries()].filter((entry) =>
      entry.backend === backend.identity && entry.state === "stored"
    );
    if (stored.length === 0 || await holdsAnything(backend, signal)) continue;
    await Promise.all(
      stored.map((entry) => ledger.record({ ...entry, state: "lost" })),
    );
    emptied.push({ backend: backend.name, copies: stored.length });
  }
  return emptied;
}

async function holdsAnything(backend: Backend, signal?: AbortSignal): Promise<boolean> {
  for await (const page of backend.list({ limit: 1, signal })) {
    if (page.objects.length > 0) return true;
  }
  return false;
}
