/**
 * Reading archive documents: line by line, at constant memory, whatever wrote them. Trusts nothing:
 * looks at the bytes, not at the name.
 *
 * @module
 */
import type { Summary } from "../agent.ts";
import { type ArchiveHeader, FORMAT, FORMAT_VERSION } from "./document.ts";
import { ArchiveError } from "../errors.ts";
import { isRecord, jsonIn } from "../fields.ts";
import { plainBytes } from "../gzip.ts";
import { sha256 } from "../hash.ts";
import type { TokenCounts } from "../transcript.ts";

/**
 * A document that is being read. Take `native` to its end, then the rest is known.
 *
 * @since 0.1.0
 */
export interface ReadDocument {
  /** The first line. */
  readonly header: ArchiveHeader;
  /** What the agent stored, in the lines it was written in. Can be taken once. */
  readonly native: AsyncGenerator<string>;
  /** The last line. Once `native` has ended. */
  summary(): Summary;
  /** SHA-256 of the plain bytes, 64 hex digits. Once `native` has ended. */
  sha256(): string;
  /** Whether it came compressed. */
  readonly compressed: boolean;
  /** Lets go of the body. Needed only when `native` is not taken to its end. */
  close(): Promise<void>;
}

/**
 * Reads a document.
 *
 * @param body Its bytes, plain or gzipped.
 * @param name What to call it in errors: its key or file name.
 * @returns Its header; the rest comes while `native` is taken.
 * @throws {ArchiveError} `Corrupt` when it is damaged, cut off or something else; `NotSupported`
 * for a later major version. Damage further down shows while `native` is taken.
 *
 * @example
 * ```ts
 * import { readDocument } from "@session-archiver/archiver";
 *
 * const body = new Blob([
 *   '{"format":"session-archive","version":1,"agent":"opencode","id":"ses_1","projectPath":"/p",' +
 *   '"createdAt":"2026-01-01T00:00:00.000Z",\n"native":{"messages":[\n],"info":{}},\n' +
 *   '"summary":{"title":"Hello"}}\n',
 * ]).stream();
 * const document = await readDocument(body, "ses_1.json");
 * for await (const line of document.native) console.assert(line.length > 0);
 * console.assert(document.summary().title === "Hello");
 * ```
 *
 * @since 0.1.0
 */
export async function readDocument(
  body: ReadableStream<Uint8Array>,
  name: string,
): Promise<ReadDocument> {
  const hash = sha256();
  const { chunks, compressed } = await plainBytes(body, name);
  const lines = textLines(chunks, hash, name);
  const close = async () => void await lines.return(undefined);
  const header = await readHeader(lines, name).catch(async (error) => {
    await close();
    throw error;
  });
  let summary: Summary | undefined;
  const ended = <T>(value: T | undefined): T => {
    if (value === undefined) throw new TypeError(`${name}: its native lines were not read yet`);
    return value;
  };
  return {
    header,
    native: nativeLines(lines, name, (found) => summary = found),
    summary: () => ended(summary),
    sha256: () => ended(summary && hash.copy().digest("hex")),
    compressed,
    close,
  };
}

async function readHeader(lines: AsyncGenerator<string>, name: string): Promise<ArchiveHeader> {
  const first = await lines.next();
  return parseHeader(first.done ? undefined : first.value, name);
}

/**
 * Parses the first line of a document.
 *
 * @param line The line without its line feed; undefined for an empty document.
 * @param name What to call the document in errors.
 */
export function parseHeader(line: string | undefined, name: string): ArchiveHeader {
  if (line === undefined) throw corrupt(name, "empty");
  const value = parseObject(line.replace(/,$/, "}"));
  if (!line.endsWith(",") || value?.format !== FORMAT) {
    throw corrupt(
      name,
      `not a session archive: its first line is ${JSON.stringify(line.slice(0, 40))}`,
    );
  }
  const { version, agent, id, projectPath, createdAt } = value;
  if (typeof version === "number" && version > FORMAT_VERSION) {
    throw new ArchiveError(
      "NotSupported",
      `${name} has format version ${version}; this release reads up to version ` +
        `${FORMAT_VERSION}, a newer one reads it`,
      { key: name },
    );
  }
  const texts = { agent, id, projectPath, createdAt };
  const wrong = Object.entries(texts).find(([field, found]) =>
    field === "createdAt" ? !isTime(found) : typeof found !== "string"
  );
  if (wrong || typeof version !== "number") {
    const [field, found] = wrong ?? ["version", version];
    throw corrupt(name, `damaged: ${field} in its first line is ${JSON.stringify(found)}`);
  }
  return { version, agent, id, projectPath, createdAt } as ArchiveHeader;
}

/**
 * Parses the last line of a document.
 *
 * @param line The line without its line feed.
 * @param name What to call the document in errors.
 */
export function parseSummary(line: string, name: string): Summary {
  const value = line.startsWith('"summary":') && line.endsWith("}")
    ? parseObject(line.slice('"summary":'.length, -1))
    : undefined;
  if (!value || typeof value.title !== "string") {
    throw corrupt(
      name,
      `cut off or damaged: it does not end in a summary but in ${JSON.stringify(line.slice(-40))}`,
    );
  }
  const { title, updatedAt, parentId, agentVersion, models, messages, cost } = value;
  const tokens = value.tokens as Partial<Record<keyof TokenCounts, unknown>> | null | undefined;
  return {
    title,
    updatedAt: isTime(updatedAt) ? updatedAt : new Date(0).toISOString(),
    parentId: typeof parentId === "string" ? parentId : null,
    agentVersion: typeof agentVersion === "string" ? agentVersion : null,
    messages: numberOf(messages),
    models: Array.isArray(models) ? models.filter((model) => typeof model === "string") : [],
    tokens: {
      input: numberOf(tokens?.input),
      output: numberOf(tokens?.output),
      reasoning: numberOf(tokens?.reasoning),
      cacheRead: numberOf(tokens?.cacheRead),
      cacheWrite: numberOf(tokens?.cacheWrite),
    },
    cost: numberOf(cost),
  };
}

/** What a later or foreign writer left out counts as nothing. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

function corrupt(name: string, what: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    "Corrupt",
    `${name} is ${what}; archive its session again, or read another copy or version of it`,
    { key: name, ...(cause !== undefined && { cause }) },
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = jsonIn(text);
  return isRecord(value) ? value : undefined;
}

/** Yields the native lines, and tells of the summary: the last line, known as such by what follows. */
async function* nativeLines(
  lines: AsyncGenerator<string>,
  name: string,
  tell: (summary: Summary) => void,
): AsyncGenerator<string> {
  const held: string[] = [];
  let lead = '"native":';
  for await (const line of lines) {
    if (lead !== "" && !line.startsWith(lead)) {
      throw corrupt(name, `damaged: its second line does not begin with ${lead}`);
    }
    held.push(line.slice(lead.length));
    lead = "";
    if (held.length === 3) yield held.shift()!;
  }
  const [last, tail] = held;
  const summary = parseSummary(tail ?? last ?? "", name);
  if (!last.endsWith(",")) {
    throw corrupt(name, "damaged: no comma between its native part and its summary");
  }
  yield last.slice(0, -1);
  tell(summary);
}

/** The longest first line, in UTF-16 units: whatever has a longer one is no archive. */
const MAX_FIRST_LINE = 1 << 20;
/** The longest other line: half of what a string can hold. */
const MAX_LINE = 1 << 28;

/** Splits UTF-8 into lines; a last line without a line feed counts, an empty one does not. */
async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof sha256>,
  name: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest: string[] = [];
  let length = 0;
  let most = MAX_FIRST_LINE;
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw corrupt(name, "damaged: it is not valid UTF-8", cause);
    }
  };
  for await (const chunk of chunks) {
    hash.update(chunk);
    const text = decode(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      rest.push(text.slice(start, end));
      yield rest.length === 1 ? rest[0] : rest.join("");
      rest = [];
      length = 0;
      most = MAX_LINE;
      start = end + 1;
    }
    if (start < text.length) rest.push(text.slice(start));
    length += text.length - start;
    if (length > most) {
      throw corrupt(name, "no session archive, or damaged: it has an endless line");
    }
  }
  rest.push(decode());
  const last = rest.join("");
  if (last !== "") yield last;
}
