/**
 * Where sessions lie in a backend into which nothing is known to be archived from here: a state that
 * was deleted, a configuration that was moved. Without a look, a session that changed its folder since,
 * or the form in which it is stored, would get a second archive.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { isArchiveError } from "../errors.ts";
import { type Ledger, NO_STORE } from "../ledger/ledger.ts";

type KeysById = ReadonlyMap<string, ReadonlySet<string>>;

/** The keys that are found during one run, by one listing of each backend that is unknown. */
export class FoundKeys {
  readonly #known = new Set<string>();
  readonly #listings = new Map<Backend, Promise<KeysById>>();

  /** @param ledger What was known when the run began. */
  constructor(ledger: Ledger) {
    for (const { backend, store } of ledger.entries()) {
      // Finding archives may have been stopped before all were found.
      if (store !== NO_STORE) this.#known.add(backend);
    }
  }

  /**
   * Where a session's archive is, or is to be.
   *
   * @param id The session's id.
   * @param backend In which backend.
   * @param otherwise Where it is to be when there is none.
   * @param signal Stops the look.
   * @throws {ArchiveError} What may pass: the backend does not answer, or asks to slow down.
   */
  async keyOf(
    id: string,
    backend: Backend,
    otherwise: string,
    signal?: AbortSignal,
  ): Promise<string> {
    if (this.#known.has(backend.identity)) return otherwise;
    const keys = (await this.#listing(backend, signal)).get(id) ?? new Set();
    return keys.has(otherwise) ? otherwise : [...keys].at(-1) ?? otherwise;
  }

  async #listing(backend: Backend, signal: AbortSignal | undefined): Promise<KeysById> {
    const listing = this.#listings.get(backend) ?? keysById(backend, signal);
    this.#listings.set(backend, listing);
    try {
      return await listing;
    } catch (error) {
      // The next session may find it answering.
      this.#listings.delete(backend);
      throw error;
    }
  }
}

async function keysById(backend: Backend, signal?: AbortSignal): Promise<KeysById> {
  const found = new Map<string, Set<string>>();
  try {
    for await (const { objects } of backend.list({ signal })) {
      for (const { key } of objects) {
        const parts = parseArchiveKey(key);
        if (!parts || parts.version) continue;
        found.set(parts.id, (found.get(parts.id) ?? new Set()).add(key));
      }
    }
  } catch (error) {
    // A backend that may not list may still take sessions. One that does not answer takes none.
    if (!isArchiveError(error) || error.code === "Aborted" || error.retryable) throw error;
  }
  return found;
}
