/**
 * All archives of several backends, and all that should be there, in one walk in the order of their
 * keys: what is known of one key comes together, and nothing is held but a page a backend.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend, ListPage, ObjectInfo } from "../backend.ts";
import { ArchiveError } from "../errors.ts";
import type { Failures } from "../failures.ts";
import type { Held } from "../listing/holders.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { compareUtf8 } from "../keys/object_key.ts";

/** One key, and what is known of it before anything is looked at. */
export interface KeyPlace {
  /** The key. */
  readonly key: string;
  /** Whoever lists it, and what the listing told. */
  readonly held: readonly Held[];
  /** Who should have it, or may, and was not seen to: to be asked for it by name. */
  readonly unlisted: readonly Backend[];
  /** Whose listing lacks it, where none is remembered. */
  readonly lacking: readonly Backend[];
}

/** What is walked over. */
export interface WalkSource {
  /** The stores. */
  readonly backends: readonly Backend[];
  /** Remembers what should be there. */
  readonly ledger: Ledger;
}

/** Where a walk begins, and what stops it. */
export interface WalkOptions {
  /** Only keys that sort after this one. */
  readonly after?: string;
  /** Stops the walk. */
  readonly signal?: AbortSignal;
}

/**
 * Walks over all archives. A backend that cannot be listed is left out from there on, and told.
 *
 * @param source Where.
 * @param options From where on.
 * @param failures Is told which backend cannot be listed.
 */
export async function* walkArchives(
  { backends, ledger }: WalkSource,
  { after = "", signal }: WalkOptions,
  failures: Failures,
): AsyncGenerator<KeyPlace> {
  const listings = backends.map((backend) => new Listing(backend, after, failures, signal));
  const remembered = new Remembered(ledger, backends, after);
  try {
    await Promise.all(listings.map((listing) => listing.begin()));
    for (;;) {
      const key = first([remembered.key, ...listings.map(({ object }) => object?.key)]);
      if (key === undefined) return;
      yield placeOf(key, listings, ledger);
      remembered.pass(key);
      for (const listing of listings) if (listing.object?.key === key) await listing.advance();
    }
  } finally {
    await Promise.all(listings.map((listing) => listing.end()));
  }
}

function first(keys: readonly (string | undefined)[]): string | undefined {
  let least: string | undefined;
  for (const key of keys) {
    if (key !== undefined && (least === undefined || compareUtf8(key, least) < 0)) least = key;
  }
  return least;
}

function placeOf(key: string, listings: readonly Listing[], ledger: Ledger): KeyPlace {
  const held: Held[] = [];
  const unlisted: Backend[] = [];
  const lacking: Backend[] = [];
  for (const { backend, object, failed } of listings) {
    if (object?.key === key) held.push({ backend, object });
    else if (!failed) {
      const state = ledger.at(backend.identity, key)?.state;
      if (state === undefined) lacking.push(backend);
      else if (state !== "deleted") unlisted.push(backend);
    }
  }
  return { key, held, unlisted, lacking };
}

/** One backend's archives, of which one is at hand and the next page is on its way. */
class Listing {
  readonly backend: Backend;
  readonly #pages: AsyncIterator<ListPage>;
  readonly #failures: Failures;
  #coming: Promise<IteratorResult<ListPage>> | undefined;
  #page: readonly ObjectInfo[] = [];
  #at = 0;
  /** The archive at hand; none at the end. */
  object: ObjectInfo | undefined;
  /** Whether nothing is known of what comes. */
  failed = false;

  constructor(backend: Backend, after: string, failures: Failures, signal?: AbortSignal) {
    this.backend = backend;
    this.#failures = failures;
    const options = { signal, ...(after !== "" && { startAfter: after }) };
    this.#pages = backend.list(options)[Symbol.asyncIterator]();
  }

  /** Goes to the first archive. */
  async begin(): Promise<void> {
    this.#fetch();
    await this.advance();
  }

  /** Goes to the next archive. */
  async advance(): Promise<void> {
    const before = this.object?.key;
    this.object = undefined;
    try {
      while (this.object === undefined) {
        const next = this.#page[this.#at++];
        if (next === undefined) {
          if (!await this.#turn()) return;
        } else if (parseArchiveKey(next.key)) this.object = this.#inOrder(next, before);
      }
    } catch (error) {
      this.failed = true;
      this.#failures.add(error);
    }
  }

  /** Lets go of the listing. */
  async end(): Promise<void> {
    await this.#coming?.catch(() => undefined);
    await this.#pages.return?.();
  }

  /** Turns to the next page; there may be none. */
  async #turn(): Promise<boolean> {
    const next = await this.#coming;
    this.#coming = undefined;
    if (!next || next.done) return false;
    this.#page = next.value.objects;
    this.#at = 0;
    this.#fetch();
    return true;
  }

  #fetch(): void {
    this.#coming = this.#pages.next();
    // Whoever turns to it hears of it.
    this.#coming.catch(() => undefined);
  }

  /** One that goes back would be met without those who hold it, too, and they without it. */
  #inOrder(object: ObjectInfo, before: string | undefined): ObjectInfo {
    if (before === undefined || compareUtf8(before, object.key) < 0) return object;
    const { name } = this.backend;
    throw new ArchiveError(
      "NotSupported",
      `${name} does not list keys in the order of their bytes: ${object.key} comes after ${before}; ` +
        "it cannot be known what it lacks",
      { backend: name, key: object.key },
    );
  }
}

/** The keys that are remembered in some backends, in order. */
class Remembered {
  readonly #keys: readonly string[];
  #at = 0;

  constructor(ledger: Ledger, backends: readonly Backend[], after: string) {
    const identities = new Set(backends.map(({ identity }) => identity));
    const keys = new Set<string>();
    for (const { key, state, backend } of ledger.entries()) {
      if (state === "deleted" || !identities.has(backend)) continue;
      if (compareUtf8(key, after) > 0) keys.add(key);
    }
    this.#keys = [...keys].sort(compareUtf8);
  }

  /** The key at hand; none at the end. */
  get key(): string | undefined {
    return this.#keys[this.#at];
  }

  /** Goes past a key, if it is at hand. */
  pass(key: string): void {
    if (this.key === key) this.#at++;
  }
}
