/**
 * Proving that archives are good, by reading them back.
 *
 * @module
 */
import { parseArchiveKey } from "./archive_key.ts";
import type { Backend } from "./backend.ts";
import { type ReadDocument, readDocument } from "./document_reader.ts";
import { ArchiveError, isArchiveError, throwIfAborted } from "./errors.ts";
import { Failures } from "./failures.ts";
import { sha256Of } from "./hash.ts";
import { type Ledger, markLost } from "./ledger.ts";
import { expectedHash } from "./retrieval.ts";
import { chunksOf } from "./streams.ts";

/**
 * Options of verifying.
 *
 * @since 0.1.0
 */
export interface VerifyOptions {
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What was found of one object.
 *
 * @since 0.1.0
 */
export interface VerifyOutcome {
  /** Its key. */
  readonly key: string;
  /** The backend's name. */
  readonly backend: string;
  /**
   * - `ok`: there, whole, of the hash that was archived, decodable.
   * - `missing`: remembered as archived (or named), and not there.
   * - `damaged`: there and not what was archived.
   * - `failed`: could not be found out; see `problem`.
   */
  readonly status: "ok" | "missing" | "damaged" | "failed";
  /** Size in bytes, when it is there. */
  readonly size: number;
  /** What is wrong, in one line. */
  readonly problem?: string;
}

/** What is verified, and who remembers it. */
export interface VerifySource {
  /** The stores. */
  readonly backends: readonly Backend[];
  /** Knows hashes, and is told what is lost. */
  readonly ledger: Ledger;
}

/**
 * Verifies archives one by one. A backend that cannot be listed fails at the end, after the others.
 *
 * @param keys Which; all that are there or remembered when left out.
 * @param source Where.
 * @param options Signal.
 */
export async function* verifyArchives(
  keys: readonly string[] | undefined,
  source: VerifySource,
  options: VerifyOptions = {},
): AsyncGenerator<VerifyOutcome> {
  if (keys) {
    for (const key of keys) yield* verifyHolders(key, source, options);
    return;
  }
  const failures = new Failures();
  for (const backend of source.backends) {
    try {
      yield* verifyBackend(backend, source.ledger, options);
    } catch (error) {
      failures.add(error);
    }
  }
  failures.throwAny();
}

/** Verifies what is there, and what is remembered to be. */
async function* verifyBackend(
  backend: Backend,
  ledger: Ledger,
  options: VerifyOptions,
): AsyncGenerator<VerifyOutcome> {
  const seen = new Set<string>();
  for await (const page of backend.list({ signal: options.signal })) {
    for (const { key } of page.objects) {
      if (!parseArchiveKey(key)) continue;
      seen.add(key);
      yield await verifyOne(key, backend, ledger, options);
    }
  }
  for (const { key, state, backend: identity } of [...ledger.entries()]) {
    if (identity !== backend.identity || state === "deleted" || seen.has(key)) continue;
    seen.add(key);
    yield await verifyOne(key, backend, ledger, options);
  }
}

/** Verifies a key wherever it should be: where it is, or is remembered to be. */
async function* verifyHolders(
  key: string,
  { backends, ledger }: VerifySource,
  options: VerifyOptions,
): AsyncGenerator<VerifyOutcome> {
  const outcomes: VerifyOutcome[] = [];
  for (const backend of backends) {
    outcomes.push(await verifyOne(key, backend, ledger, options));
  }
  const expected = ({ backend }: VerifyOutcome) => {
    const { identity } = backends.find(({ name }) => name === backend)!;
    const entry = ledger.at(identity, key);
    return entry !== undefined && entry.state !== "deleted";
  };
  const relevant = outcomes.filter((outcome) => outcome.status !== "missing" || expected(outcome));
  yield* relevant.length > 0 ? relevant : outcomes.slice(0, 1);
}

async function verifyOne(
  key: string,
  backend: Backend,
  ledger: Ledger,
  { signal }: VerifyOptions,
): Promise<VerifyOutcome> {
  throwIfAborted(signal, "verifying");
  let size = 0;
  try {
    const info = await backend.head(key, { signal });
    size = info.size;
    const version = parseArchiveKey(key)?.version;
    const read = async () => (await backend.get(key, { signal })).body;
    if (version) await checkVersion(key, version, read);
    else {
      const entry = ledger.at(backend.identity, key);
      const expected = expectedHash(backend, info, ledger);
      const again = entry?.etag !== undefined && entry.etag !== info.etag;
      await checkDocument(await readDocument(await read(), key), key, expected, again);
    }
    return { key, backend: backend.name, status: "ok", size };
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    const status = statusOf(error);
    if (status !== "failed") await markLost(ledger, backend.identity, key);
    const problem = error instanceof Error ? error.message : String(error);
    return { key, backend: backend.name, status, size, problem };
  }
}

function statusOf(error: unknown): "missing" | "damaged" | "failed" {
  if (isArchiveError(error, "NotFound")) return "missing";
  return isArchiveError(error, "Corrupt") ? "damaged" : "failed";
}

async function checkDocument(
  document: ReadDocument,
  key: string,
  expected: string | undefined,
  writtenAgain: boolean,
): Promise<void> {
  const parts = parseArchiveKey(key);
  try {
    const { id, createdAt } = document.header;
    if (parts && (parts.id !== id || !createdAt.startsWith(parts.date))) {
      throw corrupt(key, `it is the archive of ${id} of ${createdAt}, which its key is not`);
    }
    await checkJson(document.native, key);
  } finally {
    await document.close();
  }
  const found = document.sha256();
  const wanted = expected ?? found;
  if (found !== wanted) {
    throw corrupt(
      key,
      `its SHA-256 is ${found.slice(0, 12)}…, what was archived had ${wanted.slice(0, 12)}…` +
        (writtenAgain
          ? "; it was written since, by another machine or a run that was cut off"
          : ""),
    );
  }
}

/**
 * Checks that a version is what lay there when it was kept, whatever that was: its name has the hash
 * of its bytes, or of what is packed in them.
 */
async function checkVersion(
  key: string,
  version: string,
  read: () => Promise<ReadableStream<Uint8Array>>,
): Promise<void> {
  if ((await sha256Of(chunksOf(await read()))).startsWith(version)) return;
  const document = await readDocument(await read(), key);
  for await (const line of document.native) void line;
  if (!document.sha256().startsWith(version)) {
    throw corrupt(key, "its SHA-256 is not the one in its name");
  }
}

/**
 * Checks that lines are one JSON text without holding it: lines that are values of their own are
 * parsed and replaced by a zero, what is left is small and parsed in the end.
 */
async function checkJson(lines: AsyncIterable<string>, key: string): Promise<void> {
  let skeleton = "";
  let number = 1;
  for await (const line of lines) {
    number++;
    const comma = line.endsWith(",");
    const isValue = parses(comma ? line.slice(0, -1) : line);
    skeleton += isValue ? (comma ? "0," : "0") : line;
    if (!isValue && line.startsWith("{") && number > 2) {
      throw corrupt(key, `line ${number} is not valid JSON`);
    }
  }
  if (!parses(skeleton)) throw corrupt(key, "its native part is not valid JSON");
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function corrupt(key: string, what: string): ArchiveError {
  return new ArchiveError("Corrupt", `${key} is damaged: ${what}`, { key });
}
