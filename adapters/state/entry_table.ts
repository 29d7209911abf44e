/**
 * Ledger entries in memory, found by session or by place. Knows no file.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import { asUnwritten, type LedgerEntry, NO_STORE } from "../../core/ledger/ledger.ts";
import { LedgerPlaces } from "../../core/ledger/ledger_places.ts";

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
  /** Whether any of them is of no store. Mostly none is, and nothing is asked of them. */
  #hasFound = false;
  /** By backend and key; made when it is first asked for. */
  #places: LedgerPlaces<LedgerEntry> | undefined;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The entry of a session in a backend, or of what was found there and may be it. */
  get(session: SessionId, backend: string): LedgerEntry | undefined {
    const own = this.#own(session, backend);
    if (own || !this.#hasFound) return own;
    return asUnwritten(this.#own({ ...session, store: NO_STORE }, backend));
  }

  /** The entry that was recorded last of what is at a place. */
  at(backend: string, key: string): LedgerEntry | undefined {
    return this.#found().last(backend, key);
  }

  /** All entries of what is at a place, the one that was recorded last at the end. */
  allAt(backend: string, key: string): readonly LedgerEntry[] {
    return this.#found().all(backend, key);
  }

  /** All of them, in the order they were recorded. */
  *values(): Generator<LedgerEntry> {
    for (const entry of this.#log) if (this.#own(entry, entry.backend) === entry) yield entry;
  }

  /**
   * The shelf of some entries, for {@linkcode add}.
   *
   * @param origin Agent, store and backend.
   */
  shelf(origin: Omit<SessionId, "id"> & { readonly backend: string }): Shelf {
    const { agent, store, backend } = origin;
    this.#hasFound ||= store === NO_STORE;
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
    if (this.#hasFound) this.#forgetFound(entry);
    if (!shelf.has(entry.id)) this.#size++;
    shelf.set(entry.id, entry);
    this.#log.push(entry);
  }

  /** Puts an entry in place of the one before. */
  set(entry: LedgerEntry): void {
    const before = this.#own(entry, entry.backend);
    if (before) this.#places?.remove(before);
    this.add(this.shelf(entry), entry);
    if (this.#log.length > 2 * this.#size + 1000) this.#log = [...this.values()];
    this.#places?.add(entry);
  }

  #own({ agent, store, id }: SessionId, backend: string): LedgerEntry | undefined {
    return this.#shelves.get(backend)?.get(store)?.get(agent)?.get(id);
  }

  /** Forgets what was found at an entry's place and is its session's, as is known now. */
  #forgetFound({ agent, store, id, backend, key }: LedgerEntry): void {
    if (store === NO_STORE) return;
    const shelf = this.#shelves.get(backend)?.get(NO_STORE)?.get(agent);
    const found = shelf?.get(id);
    if (!found || found.key !== key) return;
    shelf?.delete(id);
    this.#size--;
    this.#places?.remove(found);
  }

  #found(): LedgerPlaces<LedgerEntry> {
    return this.#places ??= new LedgerPlaces(this.values());
  }
}

/** What a map has; made when it is missing. */
function there<T>(map: Map<string, T>, name: string, make: () => T): T {
  const found = map.get(name) ?? make();
  map.set(name, found);
  return found;
}
