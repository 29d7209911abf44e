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
import { compareUtf8, objectKeyFault } from "../../core/object_key.ts";
import { type Call, callError, describe, failIfStopped } from "../support/call.ts";
import { PAGE_SIZE } from "../support/list_pages.ts";
import type { S3Connection } from "./connection.ts";
import { plainEtag } from "./keys.ts";
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

/** One answer. */
interface Answer {
  readonly lines: readonly Line[];
  /** Where the next one begins; nothing after the last. */
  readonly next: string | undefined;
}

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
  let next: string | undefined;
  let last: string | undefined;
  for (let left = limit; left > 0;) {
    failIfStopped(call);
    const answer = await ask(connection, call, options, next, wanted(options, left));
    last = checkOrder(answer.lines, last, call, connection);
    const lines = ours(answer.lines, options, connection).slice(0, left);
    left -= lines.length;
    yield toPage(lines);
    if (answer.next === undefined) return;
    if (answer.next === next) throw endedEarly(call, connection, "the same page again");
    next = answer.next;
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
  const request = {
    Bucket: bucket,
    Prefix: wellFormed(prefix + (options.prefix ?? "")) || undefined,
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
    return answerOf(answer, (lines) => markerIn(answer, lines), connection, call);
  }
  const from = next === undefined ? { StartAfter: after } : { ContinuationToken: next };
  const answer = await connection.run(
    call,
    "ListObjectsV2",
    (s3, http) => s3.listObjectsV2({ ...request, ...from }, http),
  );
  return answerOf(answer, () => answer.NextContinuationToken, connection, call);
}

function answerOf(
  answer: Version1 | Version2,
  nextOf: (lines: readonly Line[]) => string | undefined,
  connection: S3Connection,
  call: Call,
): Answer {
  const { IsTruncated } = answer;
  if (IsTruncated === undefined) throw notS3(call, connection.settings, "what is no listing");
  const lines = linesOf(answer, call, connection);
  if (!IsTruncated) return { lines, next: undefined };
  const next = nextOf(lines);
  if (next) return { lines, next };
  throw endedEarly(call, connection, "no word on where to go on");
}

function linesOf(answer: Version1 | Version2, call: Call, connection: S3Connection): Line[] {
  const name = (text: string | undefined) => decoded(text ?? "", answer, call, connection);
  const objects = (answer.Contents ?? []).map((object) => ({
    name: name(object.Key),
    object: {
      size: object.Size ?? 0,
      modified: object.LastModified ?? new Date(0),
      etag: plainEtag(object.ETag),
    },
  }));
  const folded = (answer.CommonPrefixes ?? []).map(({ Prefix }) => ({ name: name(Prefix) }));
  return [...objects, ...folded].sort((a, b) => compareUtf8(a.name, b.name));
}

/** The first version goes on from a name, which it tells only where keys were folded. */
function markerIn(answer: Version1, lines: readonly Line[]): string | undefined {
  if (!answer.NextMarker) return lines.at(-1)?.name;
  return answer.EncodingType === "url" ? unescaped(answer.NextMarker) : answer.NextMarker;
}

function decoded(
  text: string,
  answer: { readonly EncodingType?: string },
  call: Call,
  connection: S3Connection,
): string {
  if (answer.EncodingType !== "url") return text;
  try {
    return unescaped(text);
  } catch (cause) {
    const message =
      `${describe(call)} failed: ${connection.settings.where} sent a key that is not ` +
      'percent-encoded as it says; set the quirk "urlEncodedListing" to false';
    throw callError(call, "Corrupt", message, cause);
  }
}

function unescaped(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
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

/** Only what this backend could have written, less what the caller has had. */
function ours(
  lines: readonly Line[],
  { prefix = "", startAfter = "" }: ListOptions,
  { settings }: S3Connection,
): Line[] {
  const room = { from: settings.prefix.length, first: settings.prefix + prefix };
  return lines.flatMap((line) => {
    if (!line.name.startsWith(room.first)) return [];
    const name = line.name.slice(room.from);
    const key = line.object === undefined ? name.slice(0, -1) : name;
    if (objectKeyFault(key) !== undefined || compareUtf8(name, startAfter) <= 0) return [];
    return [{ ...line, name }];
  });
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
