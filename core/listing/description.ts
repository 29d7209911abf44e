/**
 * What is known of a stored archive without reading it whole: from the ledger, else from the
 * store's metadata, else from its first line and its end.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend, ByteRange, ObjectInfo } from "../backend.ts";
import { parseHeader, parseSummary, readDocument } from "../document/document_reader.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import type { ArchiveFacts, Ledger } from "../ledger/ledger.ts";
import { archiveFacts, readMetadata } from "../document/metadata.ts";
import { bytesOf } from "../streams.ts";

/**
 * The facts of an archive.
 *
 * @since 0.1.0
 */
export interface Description extends ArchiveFacts {
  /** The agent's name; empty when the archive cannot be read. */
  readonly agent: string;
  /** The agent's id of the session. */
  readonly id: string;
  /** Why the archive cannot be read, when it cannot. */
  readonly problem?: string;
}

/** What describing needs. */
export interface DescribeJob {
  /** Where the object is. */
  readonly backend: Backend;
  /** May know it. */
  readonly ledger: Ledger;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** First lines and summaries are short; a longer one costs a second read. */
const PEEK = 4096;
/** An end without a line feed this far in is no document's. */
const MAX_PEEK = 1 << 20;

/**
 * Describes an archive. Damage is told in `problem`, not thrown, so that one bad object spoils no
 * list.
 *
 * @param object What the listing told of it.
 * @param job Where it is.
 */
export async function describe(object: ObjectInfo, job: DescribeJob): Promise<Description> {
  const { backend, ledger } = job;
  const entry = ledger.at(backend.identity, object.key);
  if (entry?.state === "stored" && entry.size === object.size) {
    return { agent: entry.agent, id: entry.id, ...entry.facts };
  }
  try {
    return await describeByMetadata(object, job) ?? await describeByEnds(object, job);
  } catch (error) {
    if (!isArchiveError(error, "Corrupt") && !isArchiveError(error, "NotSupported")) throw error;
    return unreadable(object, error.message);
  }
}

async function describeByMetadata(
  { key }: ObjectInfo,
  { backend, signal }: DescribeJob,
): Promise<Description | undefined> {
  if (!backend.capabilities.metadata) return undefined;
  const known = readMetadata((await backend.head(key, { signal })).metadata);
  return known && { agent: known.agent, id: known.id, ...known.facts };
}

async function describeByEnds(object: ObjectInfo, job: DescribeJob): Promise<Description> {
  const { key } = object;
  const head = await lineOf(object, job, firstLine);
  if (isGzip(head)) return await describeWhole(object, job);
  const header = parseHeader(head && text(head), key);
  const tail = await lineOf(object, job, lastLine);
  const summary = parseSummary(text(tail ?? new Uint8Array()), key);
  return { agent: header.agent, id: header.id, ...archiveFacts(header, summary) };
}

async function describeWhole({ key }: ObjectInfo, job: DescribeJob): Promise<Description> {
  const { body } = await job.backend.get(key, { signal: job.signal });
  const { header, native, summary } = await readDocument(body, key);
  for await (const line of native) void line;
  return { agent: header.agent, id: header.id, ...archiveFacts(header, summary()) };
}

/** One end of a document: how to ask for it, and where its line lies in what came. */
interface End {
  range(length: number): ByteRange;
  line(bytes: Uint8Array): Uint8Array | undefined;
}

const FEED = 10;

const firstLine: End = {
  range: (length) => ({ start: 0, end: length }),
  line(bytes) {
    const end = isGzip(bytes) ? bytes.length : bytes.indexOf(FEED);
    return end < 0 ? undefined : bytes.subarray(0, end);
  },
};

const lastLine: End = {
  range: (length) => ({ suffix: length }),
  line(bytes) {
    const end = bytes.at(-1) === FEED ? bytes.length - 1 : bytes.length;
    const feed = bytes.lastIndexOf(FEED, end - 1);
    return feed < 0 ? undefined : bytes.subarray(feed + 1, end);
  },
};

/** Reads more and more of one end until it holds a whole line; undefined for an empty object. */
async function lineOf(
  { key, size }: ObjectInfo,
  { backend, signal }: DescribeJob,
  end: End,
): Promise<Uint8Array | undefined> {
  for (let length = PEEK; size > 0; length *= 16) {
    const { body } = await backend.get(key, { range: end.range(length), signal });
    const line = end.line(await bytesOf(body));
    if (line !== undefined) return line;
    if (length >= Math.min(size, MAX_PEEK)) {
      throw new ArchiveError("Corrupt", `${key} is not a session archive: it has no short lines`, {
        backend: backend.name,
        key,
      });
    }
  }
  return undefined;
}

function isGzip(bytes: Uint8Array | undefined): boolean {
  return bytes?.[0] === 0x1f && bytes[1] === 0x8b;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function unreadable({ key, modified }: ObjectInfo, problem: string): Description {
  const { id = "", date = "" } = parseArchiveKey(key) ?? {};
  return {
    agent: "",
    id,
    title: "",
    projectPath: "",
    createdAt: `${date}T00:00:00.000Z`,
    updatedAt: modified.toISOString(),
    parentId: null,
    messages: 0,
    problem,
  };
}
