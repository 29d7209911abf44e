/**
 * Reading one object back, and proving that it is good: one GET, hashed and decoded on the way.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { ObjectInfo } from "../backend.ts";
import { type ReadDocument, readDocument } from "../document/document_reader.ts";
import { ArchiveError, isArchiveError, throwIfAborted } from "../errors.ts";
import { jsonIn } from "../fields.ts";
import { plainBytes } from "../gzip.ts";
import { isEarlier, type Look, type ObjectAt, rememberedAt } from "./look.ts";
import { archiveFacts, readMetadata } from "../document/metadata.ts";
import { expectedHash } from "../restore/retrieval.ts";
import { strayOf } from "../document/stray.ts";
import { plainHash } from "./stored_hash.ts";
import { isOfHash } from "./version_hash.ts";

/**
 * Reads an object back.
 *
 * @param object Which.
 * @throws {ArchiveError} What the backend fails with, but for an object that is not there.
 */
export async function readObject(object: ObjectAt): Promise<Look> {
  const { key, backend, signal } = object;
  throwIfAborted(signal, "verifying");
  let size = 0;
  try {
    const { info, body } = await backend.get(key, { signal });
    ({ size } = info);
    const version = parseArchiveKey(key)?.version;
    return version
      ? await lookAtVersion(object, version, info, body)
      : await lookAtArchive(object, info, await readDocument(body, key));
  } catch (error) {
    if (!isArchiveError(error)) throw error;
    const { message: problem } = error;
    if (error.code === "NotFound") return { found: "absent", problem };
    if (error.code === "NotSupported") {
      if (!await isAltered(object)) return { found: "undecodable", size, problem };
      const { message } = corrupt(key, "its SHA-256 is not that of what was archived");
      return { found: "damaged", size, problem: message };
    }
    if (error.code !== "Corrupt") throw error;
    return { found: await isForeign(object, size) ? "foreign" : "damaged", size, problem };
  }
}

async function lookAtArchive(
  object: ObjectAt,
  info: ObjectInfo,
  document: ReadDocument,
): Promise<Look> {
  const { key } = object;
  try {
    await checkJson(document.native, key);
  } finally {
    await document.close();
  }
  const { size } = info;
  const { header } = document;
  const content = {
    agent: header.agent,
    sha256: document.sha256(),
    facts: archiveFacts(header, document.summary()),
  };
  const entry = rememberedAt(object);
  const expected = expectedHash(object.backend, info, object.ledger) ?? content.sha256;
  const stray = strayOf(header, key, entry?.agent);
  const told = (found: "damaged" | "foreign", what: string): Look => ({
    found,
    size,
    problem: corrupt(key, what).message,
  });
  if (stray !== undefined) {
    const wasArchived = entry !== undefined || content.sha256 !== expected;
    return told(wasArchived ? "damaged" : "foreign", stray);
  }
  if (content.sha256 !== expected) {
    const isAnother = entry?.etag !== undefined && entry.etag !== info.etag;
    return told("damaged", otherHash(content.sha256, expected, isAnother));
  }
  if (entry && entry.sha256 !== content.sha256 && isEarlier(content.facts, entry.facts)) {
    return told(
      "damaged",
      `it is an older state, last changed ${content.facts.updatedAt}; what was archived last ` +
        `changed ${entry.facts.updatedAt}`,
    );
  }
  return { found: "whole", size, content };
}

function otherHash(found: string, expected: string, isAnother: boolean): string {
  return `its SHA-256 is ${found.slice(0, 12)}…, what was archived had ${expected.slice(0, 12)}…` +
    (isAnother ? "; it was written since, by another machine or a run that was cut off" : "");
}

/**
 * Checks that a version is what lay there when it was kept, whatever that was: its name has the hash
 * of its bytes, or of what is packed in them.
 */
async function lookAtVersion(
  { key, backend, signal }: ObjectAt,
  version: string,
  { size }: ObjectInfo,
  body: ReadableStream<Uint8Array>,
): Promise<Look> {
  // Only what does not have the hash is read a second time.
  let first: ReadableStream<Uint8Array> | undefined = body;
  const open = async () => {
    const bytes = first ?? (await backend.get(key, { signal })).body;
    first = undefined;
    return bytes;
  };
  if (await isOfHash(version, open, key)) return { found: "whole", size };
  throw corrupt(key, "its SHA-256 is not the one in its name");
}

/** Whether an object that cannot be decoded is not the one that the store was given, as it tells. */
async function isAltered({ key, backend, signal }: ObjectAt): Promise<boolean> {
  const { info, body } = await backend.get(key, { signal });
  const sha256 = await plainHash(body, key);
  return sha256 !== (readMetadata(info.metadata)?.sha256 ?? sha256);
}

/** What stands within the first bytes of every archive. */
const MARK = '"session-archive"';
/** How many bytes are searched for it. */
const BEGINNING = 1024;

/**
 * Whether what is no whole archive never was one, as far as anybody knows: neither the ledger nor
 * the store tells of one, and it does not begin as one. What a power cut leaves is empty or zeros.
 */
async function isForeign(object: ObjectAt, size: number): Promise<boolean> {
  const { key, backend, signal } = object;
  if (size === 0 || rememberedAt(object) || parseArchiveKey(key)?.version) return false;
  const { info: { metadata = {} }, body } = await backend.get(key, { signal });
  const text = await beginningOf(body, key);
  if ("sha256" in metadata || text === undefined) return false;
  return !text.includes(MARK) && !text.startsWith("\0");
}

/** The first bytes as text; undefined where they do not unpack. */
async function beginningOf(
  body: ReadableStream<Uint8Array>,
  key: string,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of (await plainBytes(body, key)).chunks) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= BEGINNING) break;
    }
  } catch (error) {
    if (!isArchiveError(error, "Corrupt")) throw error;
    return undefined;
  }
  return text.slice(0, BEGINNING);
}

/**
 * Checks that lines are one JSON text without holding it: lines that are values of their own are
 * parsed and replaced by a zero, what is left is small and parsed in the end.
 *
 * @param lines The native lines of a document.
 * @param key Whose, for the message.
 * @throws {ArchiveError} `Corrupt` when they are not.
 */
export async function checkJson(lines: AsyncIterable<string>, key: string): Promise<void> {
  let skeleton = "";
  let number = 1;
  for await (const line of lines) {
    number++;
    const comma = line.endsWith(",");
    const isValue = !OPEN.test(line) && parses(comma ? line.slice(0, -1) : line);
    skeleton += isValue ? (comma ? "0," : "0") : line;
    if (!isValue && line.startsWith("{") && number > 2) {
      throw corrupt(key, `line ${number} is not valid JSON`);
    }
  }
  if (!parses(skeleton)) throw corrupt(key, "its native part is not valid JSON");
}

/** A line that ends what another began, or begins what another ends. Failing to parse it takes long. */
const OPEN = /^[\]}]|[[{:]$/;

function parses(text: string): boolean {
  return jsonIn(text) !== undefined;
}

function corrupt(key: string, what: string): ArchiveError {
  return new ArchiveError("Corrupt", `${key} is damaged: ${what}`, { key });
}
