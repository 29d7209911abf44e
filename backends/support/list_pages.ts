/**
 * From a row of names in key order to the pages of a listing.
 *
 * @module
 */
import type { ListOptions, ListPage, ObjectInfo } from "../../core/backend.ts";
import { type Call, callError, failIfStopped } from "./call.ts";

/** How many keys and prefixes a page has, as S3's do. */
export const PAGE_SIZE = 1000;

/** One line of a listing: an object, or a prefix that stands for several. */
export type Entry = { readonly key: string } | { readonly prefix: string };

/** Where a listing comes from. */
export interface Listing {
  /** All lines, in UTF-8 byte order; read only as far as they are asked for. */
  readonly entries: Iterable<Entry> | AsyncIterable<Entry>;
  /** Looks an object up; nothing when it has gone since its entry was made. */
  look(key: string): Promise<ObjectInfo | undefined>;
}

/**
 * Refuses listing options that mean nothing.
 *
 * @param options What was asked for.
 * @param call The listing.
 * @throws ArchiveError `Invalid`.
 */
export function checkListOptions({ delimiter, limit }: ListOptions, call: Call): void {
  if (delimiter !== undefined && delimiter !== "/") {
    const message = `the delimiter ${JSON.stringify(delimiter)} is not supported; use "/" or none`;
    throw callError(call, "Invalid", message);
  }
  if (limit !== undefined && limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    const message = `the limit ${limit} is not a whole number, 0 or more; leave it out for all`;
    throw callError(call, "Invalid", message);
  }
}

/**
 * Cuts a listing into pages, and ends it at its limit.
 *
 * @param listing The lines and how to look one up.
 * @param limit At most this many lines in all.
 * @param pageSize At most this many lines a page.
 * @param call The listing, which may be stopped between pages.
 */
export async function* listPages(
  listing: Listing,
  limit: number,
  pageSize: number,
  call: Call,
): AsyncGenerator<ListPage> {
  const entries = iterate(listing.entries);
  try {
    for (let left = limit; left > 0;) {
      failIfStopped(call);
      const wanted = Math.min(left, pageSize);
      const batch = await take(entries, wanted, call);
      if (batch.length === 0) return;
      const page = await toPage(batch, listing);
      left -= page.objects.length + page.prefixes.length;
      yield page;
      if (batch.length < wanted) return;
    }
  } finally {
    await entries.return?.();
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

async function take(
  entries: AsyncIterator<Entry> | Iterator<Entry>,
  count: number,
  call: Call,
): Promise<Entry[]> {
  const taken: Entry[] = [];
  while (taken.length < count) {
    const next = await entries.next();
    failIfStopped(call);
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

async function toPage(batch: readonly Entry[], { look }: Listing): Promise<ListPage> {
  const keys = batch.flatMap((entry) => "key" in entry ? [entry.key] : []);
  const found = await Promise.all(keys.map((key) => look(key)));
  return {
    objects: found.filter((info) => info !== undefined),
    prefixes: batch.flatMap((entry) => "prefix" in entry ? [entry.prefix] : []),
  };
}
