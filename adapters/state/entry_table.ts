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
 * up a third of the time that opening a ledger takes, and slow down each look for what has changed.
 */
export class EntryTable {
  /** By backend, store and agent. */
  readonly #shelves = new Map<string, Map<string, Map<string, Shelf>>>();
  /** Everything in the order it was recorded, with what has been superseded since. */
  #log: LedgerEntry[] = [];
  #size = 0;
  /** By backend and key; made when it is first asked for. */
  #places: Map<string, LedgerEntry> | undefined;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The entry of a session in a backend. */
  get(session: SessionId, backend: string): LedgerEntry | undefined {
    const { agent, store, id } = session;
    return this.#shelves.get(backend)?.get(store)?.get(agent)?.get(id);
  }

  /** The entry that was recorded last of what is at a place. */
  at(backend: string, key: string): LedgerEntry | undefined {
    this.#places ??= this.#allPlaces();
    return this.#places.get(place(backend, key));
  }

  /** All of them, in the order they were recorded. */
  *values(): Generator<LedgerEntry> {
    for (const entry of this.#log) if (this.get(entry, entry.backend) === entry) yield entry;
  }

  /**
   * The shelf of some entries, for {@linkcode add}.
   *
   * @param origin Agent, store and backend.
   */
  shelf(origin: Omit<SessionId, "id"> & { readonly backend: string }): Shelf {
    const { agent, store, backend } = origin;
    const stores = there(this.#shelves, backend, () => new Map<string, Map<string, Shelf>>());
    const agents = there(stores, store, () => new Map<string, Shelf>());
    return there(agents, agent, (): Shelf => new Map());
  }

  /**
   * Adds an entry in bulk, before anything is looked up.
   *
   * @param shelf Its shelf.
   * @param entry The entry; takes the place of the one before.
   */
  add(shelf: Shelf, entry: LedgerEntry): void {
    if (!shelf.has(entry.id)) this.#size++;
    shelf.set(entry.id, entry);
    this.#log.push(entry);
  }

  /** Puts an entry in place of the one before. */
  set(entry: LedgerEntry): void {
    const before = this.get(entry, entry.backend);
    this.add(this.shelf(entry), entry);
    if (this.#log.length > 2 * this.#size + 1000) this.#log = [...this.values()];
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

/** What a map has; made when it is missing. */
function there<T>(map: Map<string, T>, name: string, make: () => T): T {
  const found = map.get(name) ?? make();
  map.set(name, found);
  return found;
}

function place(backend: string, key: string): string {
  return `${backend}\n${key}`;
}
