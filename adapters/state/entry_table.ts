/**
 * Ledger entries in memory, found by session or by place. Knows no file.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import type { LedgerEntry } from "../../core/ledger.ts";

/** The entries of one agent's store in one backend, by session id. */
export type Shelf = Map<string, LedgerEntry>;

/**
 * The current entry of each session and backend.
 *
 * It is kept in shelves because one text of agent, store, backend and id for each entry would make
 * up a third of the time that opening a ledger takes.
 */
export class EntryTable {
  readonly #shelves = new Map<string, Shelf>();
  /** By backend and key; made when it is first asked for. */
  #places: Map<string, LedgerEntry> | undefined;

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const shelf of this.#shelves.values()) size += shelf.size;
    return size;
  }

  /** The entry of a session in a backend. */
  get(session: SessionId, backend: string): LedgerEntry | undefined {
    return this.#shelves.get(shelfName(session, backend))?.get(session.id);
  }

  /** The entry of what is at a place. */
  at(backend: string, key: string): LedgerEntry | undefined {
    this.#places ??= this.#allPlaces();
    return this.#places.get(place(backend, key));
  }

  /** All of them. */
  *values(): Generator<LedgerEntry> {
    for (const shelf of this.#shelves.values()) yield* shelf.values();
  }

  /**
   * The shelf for what is added in bulk before anything is looked up.
   *
   * @param origin Agent, store and backend.
   */
  shelf(origin: Omit<SessionId, "id"> & { readonly backend: string }): Shelf {
    const name = shelfName(origin, origin.backend);
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) this.#shelves.set(name, shelf = new Map());
    return shelf;
  }

  /** Puts an entry in place of the one before. */
  set(entry: LedgerEntry): void {
    const shelf = this.shelf(entry);
    const before = shelf.get(entry.id);
    shelf.set(entry.id, entry);
    if (this.#places === undefined) return;
    if (before !== undefined) {
      const left = place(before.backend, before.key);
      if (this.#places.get(left) === before) this.#places.delete(left);
    }
    this.#places.set(place(entry.backend, entry.key), entry);
  }

  #allPlaces(): Map<string, LedgerEntry> {
    const places = new Map<string, LedgerEntry>();
    for (const entry of this.values()) places.set(place(entry.backend, entry.key), entry);
    return places;
  }
}

function shelfName({ agent, store }: Omit<SessionId, "id">, backend: string): string {
  return `${agent}\n${store}\n${backend}`;
}

function place(backend: string, key: string): string {
  return `${backend}\n${key}`;
}
