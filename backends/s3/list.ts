/**
 * Listing keys: page after page, in order, whole or an error.
 *
 * @module
 */
import type {
  ListObjectsCommandOutput as Version1,
  ListObjectsV2CommandOutput as Version2,
} from "@aws-sdk/client-s3";
import type { ListOptions, ListPage, ObjectInfo } from "../../core/backend.ts";
import { compareUtf8, objectKeyFault } from "../../core/keys/object_key.ts";
import { type Call, callError, describe, failIfStopped } from "../support/call.ts";
import { PAGE_SIZE } from "../support/list_pages.ts";
import type { S3Connection } from "./connection.ts";
import { plainEtag } from "./keys.ts";
import { type Reading, readingOf, type WrittenNames } from "./listed_names.ts";
import { notS3 } from "./objects.ts";

/** One line of a store's answer: an object or a folded prefix, under its whole name. */
interface Line {
  readonly name: string;
  readonly object?: {
    readonly size: number;
    readonly modified: Date;
    readonly etag: string | undefined;
  };
}

/** One request. */
interface Asked {
  readonly connection: S3Connection;
  readonly call: Call;
  /** What all names begin with, in the whole bucket. */
  readonly prefix: string;
}

/** One answer. */
interface Answer {
  readonly lines: readonly Line[];
  /** Where the next one begins; nothing after the last. */
  readonly next: string | undefined;
}

/** So many pages in a row may be empty, as where many objects were deleted; more are a fault. */
const MOST_EMPTY = 100;

/**
 * Lists keys.
 *
 * @param connection The store.
 * @param call The listing.
 * @param options What to list, checked.
 */
export async function* listObjects(
  connection: S3Connection,
  call: Call,
  options: ListOptions,
): AsyncGenerator<ListPage> {
  const { limit = Infinity } = options;
  const seen = new Set<string>();
  let [empty, last, shown]: [number, string?, string?] = [0];
  let next: string | undefined;
  for (let left = limit; left > 0;) {
    failIfStopped(call);
    const answer = await ask(connection, call, options, next, wanted(options, left));
    last = checkOrder(answer.lines, last, call, connection);
    const lines = ours(answer.lines, options, shown, connection).slice(0, left);
    shown = lines.at(-1)?.name ?? shown;
    left -= lines.length;
    yield toPage(lines);
    next = answer.next;
    if (next === undefined) return;
    if (seen.has(next)) throw endedEarly(call, connection, "the same page again");
    seen.add(next);
    empty = answer.lines.length === 0 ? empty + 1 : 0;
    if (empty >= MOST_EMPTY) throw endless(call, connection);
  }
}

/** How many lines to ask for: one more where the first may be the group that was listed before. */
function wanted({ startAfter, delimiter }: ListOptions, left: number): number {
  const spare = startAfter !== undefined && delimiter !== undefined ? 1 : 0;
  return Math.min(PAGE_SIZE, left + spare);
}

async function ask(
  connection: S3Connection,
  call: Call,
  options: ListOptions,
  next: string | undefined,
  count: number,
): Promise<Answer> {
  const { bucket, prefix, quirks } = connection.settings;
  const asked = { connection, call, prefix: wellFormed(prefix + (options.prefix ?? "")) };
  const request = {
    Bucket: bucket,
    Prefix: asked.prefix || undefined,
    Delimiter: options.delimiter,
    MaxKeys: count,
    EncodingType: quirks.urlEncodedListing ? "url" as const : undefined,
  };
  const after = options.startAfter ? wellFormed(prefix + options.startAfter) : undefined;
  if (quirks.listVersion === 1) {
    const answer = await connection.run(
      call,
      "ListObjects",
      (s3, http) => s3.listObjects({ ...request, Marker: next ?? after }, http),
    );
    return answerOf(answer, answer.NextMarker, asked);
  }
  const from = next === undefined ? { StartAfter: after } : { ContinuationToken: next };
  const answer = await connection.run(
    call,
    "ListObjectsV2",
    (s3, http) => s3.listObjectsV2({ ...request, ...from }, http),
  );
  return answerOf(answer, answer.NextContinuationToken, asked);
}

function answerOf(answer: Version1 | Version2, said: string | undefined, asked: Asked): Answer {
  const { call, connection } = asked;
  const { IsTruncated } = answer;
  // The SDK takes every word but "true" for false. It does not go with a word on where to go on.
  if (IsTruncated === undefined || (!IsTruncated && said)) {
    throw notS3(call, connection.settings, "what is no listing");
  }
  const read = readingOf(writtenNames(answer, asked), call, connection.settings);
  const lines = linesOf(answer, read);
  if (!IsTruncated) return { lines, next: undefined };
  const { listVersion } = connection.settings.quirks;
  const next = listVersion === 1 ? marker(said, lines, read) : said;
  if (next) return { lines, next };
  throw endedEarly(call, connection, "no word on where to go on");
}

function writtenNames(answer: Version1 | Version2, { prefix }: Asked): WrittenNames {
  const { Contents = [], CommonPrefixes = [], EncodingType } = answer;
  const names = [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)];
  return { texts: names.map((name = "") => name), encoded: EncodingType === "url", prefix };
}

function linesOf(answer: Version1 | Version2, read: Reading): Line[] {
  const objects = (answer.Contents ?? []).map((object) => ({
    name: read(object.Key ?? ""),
    object: {
      size: object.Size ?? 0,
      modified: object.LastModified ?? new Date(0),
      etag: plainEtag(object.ETag),
    },
  }));
  const folded = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ name: read(Prefix) }));
  return [...objects, ...folded].sort((a, b) => compareUtf8(a.name, b.name));
}

/** The first version goes on from a name, which it tells only where keys were folded. */
function marker(
  said: string | undefined,
  lines: readonly Line[],
  read: Reading,
): string | undefined {
  return said ? read(said) : lines.at(-1)?.name;
}

/** Pages must not overlap: a reader that goes on after a key would miss some. */
function checkOrder(
  lines: readonly Line[],
  last: string | undefined,
  call: Call,
  { settings }: S3Connection,
): string | undefined {
  if (lines.length === 0) return last;
  if (last !== undefined && compareUtf8(lines[0].name, last) <= 0) {
    const message = `${describe(call)} failed: ${settings.where} does not list keys in the order ` +
      "of their bytes, so that a listing cannot be known to be whole; use another kind of bucket";
    throw callError(call, "NotSupported", message);
  }
  return lines[lines.length - 1].name;
}

/**
 * Only what this backend could have written, less what the caller has had.
 *
 * @param shown The last line that the caller was shown.
 */
function ours(
  lines: readonly Line[],
  { prefix = "", delimiter, startAfter = "" }: ListOptions,
  shown: string | undefined,
  { settings }: S3Connection,
): Line[] {
  let before = shown;
  return lines.flatMap((whole) => {
    const line = folded(
      { ...whole, name: whole.name.slice(settings.prefix.length) },
      prefix,
      delimiter,
    );
    const { name, object } = line;
    const key = object === undefined ? name.slice(0, -1) : name;
    if (!name.startsWith(prefix) || name === before) return [];
    if (objectKeyFault(key) !== undefined || compareUtf8(name, startAfter) <= 0) return [];
    before = name;
    return [line];
  });
}

/** Folds what a store that passes over delimiters has left unfolded. */
function folded(line: Line, prefix: string, delimiter: string | undefined): Line {
  const at = delimiter === undefined ? -1 : line.name.indexOf(delimiter, prefix.length);
  return at < 0 ? line : { name: line.name.slice(0, at + 1) };
}

function toPage(lines: readonly Line[]): ListPage {
  return {
    objects: lines.flatMap(({ name, object }): ObjectInfo[] => {
      if (object === undefined) return [];
      return [{ key: name, ...object }];
    }),
    prefixes: lines.flatMap(({ name, object }) => object === undefined ? [name] : []),
  };
}

function endless(call: Call, { settings }: S3Connection) {
  const message = `${describe(call)} failed: the listing does not end: ${settings.where} sent ` +
    `${MOST_EMPTY} pages in a row without a key, and says that there is more; try again later`;
  return callError(call, "Transient", message);
}

function endedEarly(call: Call, { settings }: S3Connection, what: string) {
  const message =
    `${describe(call)} failed: the listing ended early: ${settings.where} said that ` +
    `there was more, but sent ${what}; nothing is known of the rest`;
  return callError(call, "Transient", message);
}

/** Half of a surrogate pair can be sent nowhere, and no key holds one. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}
