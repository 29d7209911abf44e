/**
 * The ledger on disk: what each backend acknowledged, and which writes have no known end, one line
 * each, in a file that only grows and is now and then rewritten without what was superseded.
 *
 * `ledger_lines.ts` has the lines, `append_file.ts` the writing. One process at a time may write,
 * which the lock sees to; any number may read.
 *
 * @module
 */
import { open } from "node:fs/promises";
import type { SessionId } from "../../core/agent.ts";
import { ArchiveError } from "../../core/errors.ts";
import type { Ledger, LedgerEntry, OpenWrite, Write } from "../../core/ledger/ledger.ts";
import { AppendFile, type OpenFile } from "./append_file.ts";
import { EntryTable, type Shelf } from "./entry_table.ts";
import { errorCode, fileError } from "./file_error.ts";
import {
  type Common,
  type EncodedLine,
  encodeEntry,
  encodeSending,
  encodeSettled,
  headerLine,
  LEDGER_VERSION,
  LineJoiner,
  type Marks,
  parseLine,
  type Row,
  type Sending,
  toEntry,
} from "./ledger_lines.ts";
import { lineBlocks } from "./line_blocks.ts";
import { dateOf, type MachineClock, machineClock, type Moment } from "./machine_clock.ts";
import type { PlainLine } from "./plain_line.ts";

/** Below this a ledger is not worth rewriting. */
const COMPACT_BYTES = 256 << 10;
/** How many entries are turned into text at once while rewriting. */
const SLICE = 500;

/** Options of {@linkcode FileLedger.open}. */
export interface FileLedgerOptions {
  /** Never writes, so that it may be opened while another process does. */
  readonly readOnly?: boolean;
  /** The size in bytes above which it is rewritten when most of it is superseded. */
  readonly compactBytes?: number;
  /** How to open the file for writing; another way to do it shows what a failing disk does. */
  readonly openFile?: OpenFile;
  /** Tells the time; this machine's clocks by default. */
  readonly now?: MachineClock;
}

/** Lines on their way to the disk. */
interface Waiting {
  readonly lines: readonly EncodedLine[];
  /** Takes note in memory of what they say. */
  readonly apply: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A {@linkcode Ledger} in a file.
 *
 * @example
 * ```ts ignore
 * const ledger = await FileLedger.open(ledgerPath(state));
 * if (ledger.damaged > 0) console.error(`${ledger.damaged} lines of the ledger were damaged`);
 * ```
 */
export class FileLedger implements Ledger {
  /** How many lines of the file could not be read. What they said has to be found out again. */
  readonly damaged: number;
  readonly #path: string;
  readonly #file: AppendFile;
  readonly #entries: EntryTable;
  readonly #open: Map<number, Sending>;
  readonly #now: MachineClock;
  readonly #readOnly: boolean;
  /** The highest number that a write has had. */
  #lastNumber: number;
  #closed = false;
  #hasHeader: boolean;
  /** How many lines the file has, common parts aside and superseded ones included. */
  #rows: number;
  #compactBytes: number;
  #joiner = new LineJoiner();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(
    path: string,
    loaded: Loaded,
    now: MachineClock,
    options: FileLedgerOptions,
  ) {
    this.#path = path;
    this.#entries = loaded.entries;
    this.#open = loaded.open;
    this.#lastNumber = loaded.lastNumber;
    this.#now = now;
    this.damaged = loaded.damaged;
    this.#hasHeader = loaded.hasHeader;
    this.#rows = loaded.rows;
    this.#readOnly = options.readOnly ?? false;
    this.#compactBytes = options.compactBytes ?? COMPACT_BYTES;
    this.#file = new AppendFile(path, loaded, options.openFile);
  }

  /**
   * Reads a ledger. One that is not there is empty, and made by the first record.
   *
   * @param path Where it is.
   * @param options Whether it will be written.
   * @throws ArchiveError `NotSupported` when a later version of this program wrote it.
   */
  static async open(path: string, options: FileLedgerOptions = {}): Promise<FileLedger> {
    try {
      const loaded = await load(path, options.readOnly ?? false);
      return new FileLedger(path, loaded, options.now ?? await machineClock(), options);
    } catch (error) {
      throw fileError(error, "cannot read the ledger", path);
    }
  }

  /** See {@linkcode Ledger.get}. */
  get(session: SessionId, backend: string): LedgerEntry | undefined {
    return this.#entries.get(session, backend);
  }

  /** See {@linkcode Ledger.at}. */
  at(backend: string, key: string): LedgerEntry | undefined {
    return this.#entries.at(backend, key);
  }

  /** See {@linkcode Ledger.allAt}. */
  allAt(backend: string, key: string): readonly LedgerEntry[] {
    return this.#entries.allAt(backend, key);
  }

  /** See {@linkcode Ledger.entries}. */
  entries(): Iterable<LedgerEntry> {
    return this.#entries.values();
  }

  /**
   * See {@linkcode Ledger.record}. Records that come while the disk is busy are written together.
   * One that fails is not remembered.
   *
   * @param entry The new entry.
   * @param done The write that was acknowledged.
   */
  async record(entry: LedgerEntry, done?: OpenWrite): Promise<void> {
    const ended = done && this.#open.has(done.number) ? [encodeSettled(done)] : [];
    await this.#append([encodeEntry(entry), ...ended], () => {
      this.#entries.set(entry);
      if (done) this.#open.delete(done.number);
    });
  }

  /**
   * See {@linkcode Ledger.sending}.
   *
   * @param write What is sent, and where to.
   */
  async sending({ backend, key, sha256 }: Write): Promise<OpenWrite> {
    const write = { number: ++this.#lastNumber, backend, key, sha256, at: this.#now() };
    await this.#append([encodeSending(write)], () => this.#open.set(write.number, write));
    return openWrite(write, write.at);
  }

  /** See {@linkcode Ledger.openWrites}. Their times are as if the clock had never been set. */
  *openWrites(): Generator<OpenWrite> {
    if (this.#open.size === 0) return;
    const now = this.#now();
    for (const write of this.#open.values()) yield openWrite(write, now);
  }

  /**
   * See {@linkcode Ledger.settle}.
   *
   * @param write Which.
   */
  async settle(write: OpenWrite): Promise<void> {
    if (!this.#open.has(write.number)) return;
    await this.#append([encodeSettled(write)], () => this.#open.delete(write.number));
  }

  /** Waits for what is being written and lets go of the file; no more can be recorded then. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.#file.close();
  }

  #append(lines: readonly EncodedLine[], apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#refuseUnlessWritable();
      this.#waiting.push({ lines, apply, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  #refuseUnlessWritable(): void {
    if (!this.#readOnly && !this.#closed) return;
    const why = this.#closed ? "was closed" : "was opened for reading";
    throw new ArchiveError("Invalid", `the ledger ${this.#path} ${why}; open it again to write`);
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#write(batch);
      await this.#compactIfWorthwhile();
    }
    this.#flushing = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const lines = batch.flatMap(({ lines }) => lines);
    const text = this.#joiner.join(lines);
    try {
      await this.#file.append(this.#hasHeader ? text : headerLine() + text);
    } catch (error) {
      // Nothing of what this one has joined is certain to be in the file.
      this.#joiner = new LineJoiner();
      for (const { reject } of batch) reject(error);
      return;
    }
    this.#hasHeader = true;
    this.#rows += lines.length;
    for (const { apply, resolve } of batch) {
      apply();
      resolve();
    }
  }

  async #compactIfWorthwhile(): Promise<void> {
    const size = this.#file.size;
    const needed = this.#entries.size + this.#open.size;
    if (size < this.#compactBytes || this.#rows <= 2 * needed) return;
    const joiner = new LineJoiner();
    try {
      await this.#file.replace(this.#compacted(joiner));
      this.#joiner = joiner;
      this.#rows = needed;
    } catch {
      // Everything stands in the old file, which goes on growing; tried again when it has doubled.
      this.#compactBytes = 2 * size;
      this.#joiner = new LineJoiner();
    }
  }

  *#compacted(joiner: LineJoiner): Generator<string> {
    yield headerLine();
    yield joiner.join([...this.#open.values()].map(encodeSending));
    const entries = [...this.#entries.values()];
    for (let start = 0; start < entries.length; start += SLICE) {
      yield joiner.join(entries.slice(start, start + SLICE).map(encodeEntry));
    }
  }
}

function openWrite({ at, ...write }: Sending, now: Moment): OpenWrite {
  return { ...write, sentAt: dateOf(at, now) };
}

interface Loaded {
  readonly entries: EntryTable;
  readonly open: Map<number, Sending>;
  readonly lastNumber: number;
  readonly rows: number;
  readonly damaged: number;
  /** How many rows lack their common part; damaged, too. */
  readonly orphans: number;
  readonly hasHeader: boolean;
  readonly size: number;
  readonly midLine: boolean;
}

async function load(path: string, readOnly: boolean): Promise<Loaded> {
  const known: Commons = new Map();
  const loaded = await read(path, readOnly, known);
  // What was missing may have been stated again further down.
  return loaded.orphans > 0 ? await read(path, readOnly, known) : loaded;
}

/** The common parts of entries, by name. */
type Commons = Map<string, Common>;

async function read(path: string, readOnly: boolean, commons: Commons): Promise<Loaded> {
  const reading = new Reading(path, readOnly, commons);
  let size = 0;
  try {
    const handle = await open(path, "r");
    try {
      for await (const { text, ascii } of lineBlocks(handle)) reading.take(text, ascii);
      ({ size } = await handle.stat());
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return { ...reading.result(), size };
}

/**
 * A ledger's file on its way into memory. Each row becomes an entry at once: what lives on only for
 * a while is what makes reading slow.
 */
class Reading {
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #commons: Commons;
  readonly #entries = new EntryTable();
  readonly #shelves = new Map<string, readonly [Common, Shelf]>();
  readonly #open = new Map<number, Sending>();
  #before: { readonly marks?: Marks; readonly plain?: PlainLine } | undefined;
  #lastNumber = 0;
  #rows = 0;
  #orphans = 0;
  #damaged = 0;
  #hasHeader = false;
  #midLine = false;

  constructor(path: string, readOnly: boolean, commons: Commons) {
    this.#path = path;
    this.#readOnly = readOnly;
    this.#commons = commons;
    for (const [id, common] of commons) this.#state(id, common);
  }

  take(text: string, ascii: boolean): void {
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      end = text.indexOf("\n", start);
      this.#midLine = end === -1;
      if (this.#midLine) end = text.length;
      if (end > start) this.#takeLine(text.slice(start, end), ascii);
    }
  }

  result(): Omit<Loaded, "size"> {
    return {
      entries: this.#entries,
      open: this.#open,
      lastNumber: this.#lastNumber,
      rows: this.#rows,
      damaged: this.#damaged + this.#orphans,
      orphans: this.#orphans,
      hasHeader: this.#hasHeader,
      midLine: this.#midLine,
    };
  }

  #takeLine(text: string, ascii: boolean): void {
    const line = ascii || !/[\u0080-\uffff]/.test(text) ? parseLine(text) : undefined;
    if (line?.kind === "row") this.#takeRow(line.row);
    else if (line?.kind === "common") this.#state(line.id, line.common);
    else if (line?.kind === "marks") this.#before = { ...this.#before, marks: line.marks };
    else if (line?.kind === "plain") this.#before = { ...this.#before, plain: line.line };
    else if (line?.kind === "header") this.#takeHeader(line.version);
    else if (line?.kind === "sending") this.#takeSending(line.write);
    else if (line?.kind === "settled") this.#takeSettled(line.number);
    // What another process is just writing is not damage.
    else if (!(this.#readOnly && this.#midLine)) this.#damaged++;
  }

  #takeRow(row: Row): void {
    const found = this.#shelves.get(row[0]);
    if (found === undefined) {
      this.#orphans++;
      return;
    }
    this.#rows++;
    this.#entries.add(found[1], toEntry(row, found[0], this.#before));
    this.#before = undefined;
  }

  #takeSending(write: Sending): void {
    this.#rows++;
    this.#lastNumber = Math.max(this.#lastNumber, write.number);
    this.#open.set(write.number, write);
  }

  #takeSettled(number: number): void {
    this.#rows++;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#open.delete(number);
  }

  #state(id: string, common: Common): void {
    this.#commons.set(id, common);
    this.#shelves.set(id, [common, this.#entries.shelf(common)]);
  }

  #takeHeader(version: number): void {
    if (version > LEDGER_VERSION) {
      throw new ArchiveError(
        "NotSupported",
        `the ledger ${this.#path} is of version ${version}, and this program reads up to version ` +
          `${LEDGER_VERSION}; update it`,
      );
    }
    this.#hasHeader = true;
  }
}
