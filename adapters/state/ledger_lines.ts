/**
 * The lines of a ledger's file: what is in one, and how damage shows.
 *
 * ```
 * {"format":"opencode-session-archiver-ledger","version":1}
 * {"common":"1x8k2…","agent":"opencode","store":"…","backend":"…","shape":["info.title",…]}
 * ["1x8k2…","ses_…","stored",token,key,sha256,size,etag,title,…,length,sha256]
 * {"marks":"…","of":"…"}
 * {"plain":"…","machine":"…","at":"…","whole":true,"of":"…"}
 * {"sending":7,"backend":"…","key":"…","sha256":"…","at":1763800000000,"boot":"…","up":52000}
 * {"settled":7}
 * ```
 *
 * Marks stand right before the entry that they are a part of, which names the same SHA-256, and so does
 * what `plain_line.ts` has, by the entry's key. The last two are a write that is sent, and its end; see
 * `OpenWrite` of `core/ledger/ledger.ts`. To a program from before, all four are damaged lines, which cost
 * it nothing. `boot` and `up` are the machine's
 * run and for how long it had lasted, where that is known; see `machine_clock.ts`.
 *
 * What many entries have in common is a line of its own, named by a hash of its text, wherever it
 * stands in the file. All lines are plain ASCII, so any other byte is damage. Nothing here touches
 * files.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import { sha256Hex } from "../../core/hash.ts";
import type { LedgerEntry, OpenWrite, Write } from "../../core/ledger/ledger.ts";
import { LONGEST_LINE_BYTES } from "./line_blocks.ts";
import type { Moment } from "./machine_clock.ts";
import { type PlainLine, plainLineIn, plainLineValue } from "./plain_line.ts";

/** What is the same in many entries. */
export type Common = Pick<LedgerEntry, "agent" | "store" | "backend"> & {
  /** See `Extent.shape`. */
  readonly shape: readonly string[];
};

/** An entry apart from what it has in common with others. */
export type Row = readonly [
  common: string,
  id: string,
  state: LedgerEntry["state"],
  token: string,
  key: string,
  sha256: string,
  size: number,
  etag: string | null,
  title: string,
  projectPath: string,
  createdAt: string,
  updatedAt: string,
  parentId: string | null,
  messages: number,
  extentLength: number,
  extentSha256: string,
];

/** A write that is sent, and whose end is not known. */
export interface Sending extends Write {
  /** Tells it from all other writes of its ledger. */
  readonly number: number;
  /** When it was sent. */
  readonly at: Moment;
}

/** What is known of the beginning of a long document. */
export interface Marks {
  /** SHA-256 of the document, 64 hex digits. */
  readonly of: string;
  /** See `Extent.marks`. */
  readonly marks: readonly string[];
}

/** What a line turned out to be. */
export type Line =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "common"; readonly id: string; readonly common: Common }
  | { readonly kind: "marks"; readonly marks: Marks }
  | { readonly kind: "plain"; readonly line: PlainLine }
  | { readonly kind: "sending"; readonly write: Sending }
  | { readonly kind: "settled"; readonly number: number }
  | { readonly kind: "header"; readonly version: number }
  | { readonly kind: "damaged" };

const FORMAT = "opencode-session-archiver-ledger";
/** The version that is written, and the latest that can be read. */
export const LEDGER_VERSION = 1;

const DAMAGED: Line = { kind: "damaged" };

/** The first line of a ledger. */
export function headerLine(): string {
  return `{"format":"${FORMAT}","version":${LEDGER_VERSION}}\n`;
}

/** A line as text, with its end. */
export interface EncodedLine {
  /** The line, after the one that is a part of it alone, if there is one. */
  readonly line: string;
  /** What has to be in the file as well. */
  readonly common?: {
    /** Its name. */
    readonly id: string;
    /** Its line. */
    readonly line: string;
  };
}

/**
 * Takes an entry apart.
 *
 * @param entry What to write.
 */
export function encodeEntry(entry: LedgerEntry): EncodedLine {
  const { agent, store, backend, extent, facts } = entry;
  const text = commonText({ agent, store, backend, shape: extent.shape });
  const id = nameOf(text);
  const row: Row = [
    id,
    entry.id,
    entry.state,
    entry.token,
    entry.key,
    entry.sha256,
    entry.size,
    entry.etag ?? null,
    facts.title,
    facts.projectPath,
    facts.createdAt,
    facts.updatedAt,
    facts.parentId,
    facts.messages,
    extent.length,
    extent.sha256,
  ];
  const line = `${marksLine(entry)}${plainLine(entry)}${ascii(JSON.stringify(row))}\n`;
  const commonLine = `{"common":"${id}",${text.slice(1)}\n`;
  const readable = isRow(row) && isCommon({ agent, store, backend, shape: extent.shape }) &&
    Math.max(line.length, commonLine.length) <= LONGEST_LINE_BYTES;
  if (!readable) {
    throw new ArchiveError(
      "Invalid",
      `the ledger cannot remember session ${entry.id}: ` +
        `a field of its entry is of a wrong kind or longer than ${LONGEST_LINE_BYTES} bytes`,
      { session: entry.id },
    );
  }
  return { line, common: { id, line: commonLine } };
}

function marksLine({ sha256, extent: { marks = [] } }: LedgerEntry): string {
  return marks.length === 0 ? "" : `{"marks":"${marks.join("")}","of":"${sha256}"}\n`;
}

function plainLine({ key: of, plain }: LedgerEntry): string {
  return plain ? `${ascii(JSON.stringify(plainLineValue({ of, plain })))}\n` : "";
}

/**
 * The line of a write that is sent.
 *
 * @param write Which.
 */
export function encodeSending({ number, backend, key, sha256, at }: Sending): EncodedLine {
  const { date, run } = at;
  const value = { sending: number, backend, key, sha256, at: date, boot: run?.boot, up: run?.ms };
  const line = `${ascii(JSON.stringify(value))}\n`;
  if (isSendingLine(value) && line.length <= LONGEST_LINE_BYTES) return { line };
  throw new ArchiveError(
    "Invalid",
    `the ledger cannot remember that ${key} is sent: its SHA-256 or the time is none, or its name ` +
      `is longer than ${LONGEST_LINE_BYTES} bytes`,
    { key },
  );
}

/**
 * The line of a write that has ended.
 *
 * @param write Which.
 */
export function encodeSettled({ number }: Pick<OpenWrite, "number">): EncodedLine {
  return { line: `{"settled":${number}}\n` };
}

/** After how many bytes a common part is stated again. */
const RESTATE_BYTES = 64 << 10;

/**
 * Joins lines for one file. Each common part is stated before it is used and again now and then, so
 * that damage in one place costs only what stands near it.
 */
export class LineJoiner {
  readonly #statedAt = new Map<string, number>();
  #length = 0;

  /**
   * The text to append for some lines.
   *
   * @param encoded The lines, in order.
   */
  join(encoded: Iterable<EncodedLine>): string {
    let text = "";
    for (const { line, common } of encoded) {
      if (common) text += this.#statement(common, this.#length + text.length);
      text += line;
    }
    this.#length += text.length;
    return text;
  }

  /** What has to be said at a place of the file before a line that refers to it. */
  #statement({ id, line }: NonNullable<EncodedLine["common"]>, at: number): string {
    const stated = this.#statedAt.get(id);
    if (stated !== undefined && at - stated <= RESTATE_BYTES) return "";
    this.#statedAt.set(id, at);
    return line;
  }
}

/**
 * Puts an entry together again.
 *
 * @param row Its own part.
 * @param common What it has in common with others.
 * @param before What stands before it, if there is anything.
 */
export function toEntry(
  row: Row,
  common: Common,
  { marks, plain }: { readonly marks?: Marks; readonly plain?: PlainLine } = {},
): LedgerEntry {
  const entry: { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] } = {
    agent: common.agent,
    store: common.store,
    id: row[1],
    backend: common.backend,
    state: row[2],
    token: row[3],
    key: row[4],
    sha256: row[5],
    size: row[6],
    extent: {
      length: row[14],
      sha256: row[15],
      shape: common.shape,
      ...(marks?.of === row[5] && { marks: marks.marks }),
    },
    facts: {
      title: row[8],
      projectPath: row[9],
      createdAt: row[10],
      updatedAt: row[11],
      parentId: row[12],
      messages: row[13],
    },
  };
  if (row[7] !== null) entry.etag = row[7];
  if (plain?.of === row[4]) entry.plain = plain.plain;
  return entry;
}

/**
 * Reads one line.
 *
 * @param line The line, without its end.
 */
export function parseLine(line: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return DAMAGED;
  }
  if (isRow(value)) return { kind: "row", row: value };
  if (typeof value !== "object" || value === null) return DAMAGED;
  if ("format" in value && "version" in value) {
    const { format, version } = value;
    const known = format === FORMAT && isCount(version);
    return known ? { kind: "header", version } : DAMAGED;
  }
  if ("marks" in value) return marksOf(value);
  if ("plain" in value) {
    const plain = plainLineIn(value);
    return plain ? { kind: "plain", line: plain } : DAMAGED;
  }
  if ("sending" in value) return isSendingLine(value) ? sendingOf(value) : DAMAGED;
  if ("settled" in value) {
    return isCount(value.settled) ? { kind: "settled", number: value.settled } : DAMAGED;
  }
  if (!("common" in value) || typeof value.common !== "string" || !isCommon(value)) return DAMAGED;
  const { common: id, agent, store, backend, shape } = value;
  // As it was written: `{"common":"…",` and the text that the name is a hash of, less its brace.
  if (nameOf(`{${line.slice(13 + id.length)}`) !== id) return DAMAGED;
  return { kind: "common", id, common: { agent, store, backend, shape } };
}

function commonText({ agent, store, backend, shape }: Common): string {
  return ascii(JSON.stringify({ agent, store, backend, shape }));
}

/** Written as escapes, so that other bytes can only be damage. */
function ascii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Names a text, to tell some hundreds of them apart and to notice damage. */
function nameOf(text: string): string {
  return sha256Hex(text).slice(0, 12);
}

// Plain and by index, since it runs some thousand times before anything is compiled: destructuring
// would triple the time that opening a ledger takes, and a call a field cost a tenth of it.
function isRow(value: unknown): value is Row {
  if (!Array.isArray(value) || value.length !== 16) return false;
  const row: readonly unknown[] = value;
  return typeof row[0] === "string" && typeof row[1] === "string" &&
    (row[2] === "stored" || row[2] === "lost" || row[2] === "deleted") &&
    typeof row[3] === "string" && typeof row[4] === "string" && isSha256(row[5]) &&
    isCount(row[6]) && (row[7] === null || typeof row[7] === "string") &&
    typeof row[8] === "string" && typeof row[9] === "string" && typeof row[10] === "string" &&
    typeof row[11] === "string" && (row[12] === null || typeof row[12] === "string") &&
    isCount(row[13]) && isCount(row[14]) && isSha256(row[15]);
}

function isCommon(value: object): value is Common {
  const found: Partial<Record<keyof Common, unknown>> = value;
  return typeof found.agent === "string" && typeof found.store === "string" &&
    typeof found.backend === "string" && Array.isArray(found.shape) &&
    found.shape.every((path) => typeof path === "string");
}

function marksOf(value: object): Line {
  const { marks, of }: Partial<Record<keyof Marks, unknown>> = value;
  if (typeof marks !== "string" || !isSha256(of)) return DAMAGED;
  return { kind: "marks", marks: { of, marks: marks.match(/[0-9a-f]{16}/g) ?? [] } };
}

/** A write as its line has it. */
type SendingLine =
  & Write
  & { readonly sending: number; readonly at: number }
  & ({ readonly boot: string; readonly up: number } | { readonly boot?: undefined });

function isSendingLine(value: object): value is SendingLine {
  const found: Partial<Record<keyof SendingLine | "up", unknown>> = value;
  return isCount(found.sending) && typeof found.backend === "string" &&
    typeof found.key === "string" && isSha256(found.sha256) && isCount(found.at) &&
    (found.boot === undefined || typeof found.boot === "string" && isCount(found.up));
}

function sendingOf(line: SendingLine): Line {
  const { sending: number, backend, key, sha256, at: date } = line;
  const run = line.boot === undefined ? undefined : { boot: line.boot, ms: line.up };
  const at = { date, ...(run && { run }) };
  return { kind: "sending", write: { number, backend, key, sha256, at } };
}

function isSha256(value: unknown): value is string {
  // Only its length: looking at each digit would cost as much as all other checks.
  return typeof value === "string" && value.length === 64;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
