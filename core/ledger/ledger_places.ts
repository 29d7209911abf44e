/**
 * Ledger entries, found by the place of their object.
 *
 * @module
 */

/** What lies somewhere. */
export interface Placed {
  /** The backend's identity. */
  readonly backend: string;
  /** The object's key. */
  readonly key: string;
}

/**
 * The entries at each place. Mostly one; several where two stores of an agent have a session of the
 * same id, as a copied store has. Only then is there a list.
 */
export class LedgerPlaces<Entry extends Placed> {
  readonly #places = new Map<string, Entry | readonly Entry[]>();

  /** @param entries What is there, in the order in which it was recorded, each session's last. */
  constructor(entries: Iterable<Entry> = []) {
    for (const entry of entries) this.add(entry);
  }

  /**
   * The entry that was recorded last of what is at a place.
   *
   * @param backend The backend's identity.
   * @param key The object's key.
   */
  last(backend: string, key: string): Entry | undefined {
    const there = this.#places.get(placeOf(backend, key));
    return isList(there) ? there.at(-1) : there;
  }

  /**
   * All entries of what is at a place, the one that was recorded last at the end.
   *
   * @param backend The backend's identity.
   * @param key The object's key.
   */
  all(backend: string, key: string): readonly Entry[] {
    return listOf(this.#places.get(placeOf(backend, key)));
  }

  /**
   * Adds an entry, as the one that was recorded last.
   *
   * @param entry The new one.
   */
  add(entry: Entry): void {
    const place = placeOf(entry.backend, entry.key);
    const there = this.#places.get(place);
    this.#places.set(place, there === undefined ? entry : [...listOf(there), entry]);
  }

  /**
   * Removes an entry, which need not be there.
   *
   * @param entry Which.
   */
  remove(entry: Entry): void {
    const place = placeOf(entry.backend, entry.key);
    const [first, ...more] = listOf(this.#places.get(place)).filter((one) => one !== entry);
    if (first === undefined) this.#places.delete(place);
    else this.#places.set(place, more.length === 0 ? first : [first, ...more]);
  }
}

type There<Entry> = Entry | readonly Entry[] | undefined;

function isList<Entry>(there: There<Entry>): there is readonly Entry[] {
  return Array.isArray(there);
}

function listOf<Entry>(there: There<Entry>): readonly Entry[] {
  if (there === undefined) return [];
  return isList(there) ? there : [there];
}

function placeOf(backend: string, key: string): string {
  return `${backend}\n${key}`;
}
