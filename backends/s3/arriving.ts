/**
 * The bytes of an object on their way in: taken as fast as the consumer takes them, whole or an
 * error, and never waited for without end.
 *
 * @module
 */
import { type ArchiveError, type ErrorCode, isArchiveError } from "../../core/errors.ts";
import { type Call, callError, describe, onStop } from "../support/call.ts";
import { within } from "../support/within.ts";
import { PassingBytes } from "./passing_bytes.ts";

/** An answer whose body begins to arrive. */
export interface Arriving {
  /** The bytes, as Node streams give them. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the request and closes its socket. */
  readonly end: () => void;
  /** How many bytes the store promised, if it did. */
  readonly length: number | undefined;
  /** How many bytes come before those that were asked for. */
  readonly skip: number;
  /** How many bytes were asked for. */
  readonly take: number;
}

/** A stream with nothing in it. */
export function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/**
 * The bytes asked for, as a stream that ends the request when it is cancelled, fails or is stopped.
 *
 * @param arriving The answer.
 * @param call The call that reads it.
 * @param where What to call the store.
 * @param idleMs How long to wait for the next bytes, in milliseconds.
 */
export function arrivingStream(
  arriving: Arriving,
  call: Call,
  where: string,
  idleMs: number,
): ReadableStream<Uint8Array> {
  const body = new ArrivingBody(arriving, { call, where, idleMs });
  return new ReadableStream<Uint8Array>({
    start: (controller) => body.open((error) => controller.error(error)),
    async pull(controller) {
      const bytes = await body.next();
      if (bytes !== undefined) controller.enqueue(bytes);
      if (body.isRead && await body.finish()) controller.close();
    },
    cancel: () => body.giveUp(),
  }, { highWaterMark: 0 });
}

/** Who reads, whom from, and how patiently. */
interface Reader {
  readonly call: Call;
  readonly where: string;
  readonly idleMs: number;
}

/** A body on its way, until it is read to its end or given up. */
class ArrivingBody {
  readonly #arriving: Arriving;
  readonly #reader: Reader;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #passing = new PassingBytes();
  /** How many bytes of those asked for have come; below zero before the first of them. */
  #at: number;
  #over = false;
  #forget = () => {};

  constructor(arriving: Arriving, reader: Reader) {
    this.#arriving = arriving;
    this.#reader = reader;
    this.#chunks = arriving.body[Symbol.asyncIterator]();
    this.#at = -arriving.skip;
  }

  /** Whether all that was asked for has come. */
  get isRead(): boolean {
    return this.#at >= this.#arriving.take;
  }

  /** Listens for the call's end. */
  open(onStopped: (error: ArchiveError) => void): void {
    this.#forget = onStop(this.#reader.call, (error) => {
      this.giveUp();
      onStopped(error);
    });
  }

  /** The next bytes that were asked for; nothing when there are no more, or they were given up. */
  async next(): Promise<Uint8Array | undefined> {
    return await this.#orGiveUp(async () => {
      while (!this.isRead) {
        const next = await this.#chunk();
        if (this.#over) return undefined;
        if (next.done) throw this.#cutShort();
        const wanted = windowed(next.value, this.#at, this.#arriving.take);
        this.#at += next.value.byteLength;
        this.#passing.add(next.value.byteLength);
        if (wanted !== undefined) return wanted;
      }
    });
  }

  /**
   * Lets the socket go: to be used again where nothing is left of the body, else closed.
   *
   * @returns Whether it was not over before.
   */
  async finish(): Promise<boolean> {
    return await this.#orGiveUp(async () => {
      const whole = await this.#isAtItsEnd();
      if (this.#over) return false;
      if (whole) this.#leave();
      else this.giveUp();
      return true;
    }) ?? false;
  }

  /** Ends the request and closes its socket. */
  giveUp(): void {
    this.#leave();
    this.#arriving.end();
    // What is under way in there fails now, and that is nobody's concern.
    this.#chunks.return?.().catch(() => undefined);
  }

  #leave(): void {
    this.#over = true;
    this.#forget();
  }

  /** Whatever fails ends the request; what fails after its end is nobody's concern. */
  async #orGiveUp<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#over) return undefined;
      this.giveUp();
      throw isArchiveError(error) ? error : this.#broken(error);
    }
  }

  async #chunk(): Promise<IteratorResult<Uint8Array>> {
    return await within(this.#reader.idleMs, this.#chunks.next(), () => this.#silent());
  }

  /**
   * Whether nothing of the body is left, so that its socket can be used again. Bytes past the
   * promised length are an error.
   */
  async #isAtItsEnd(): Promise<boolean> {
    const { length, skip } = this.#arriving;
    if (length === undefined || this.#at + skip < length) return false;
    if ((await this.#chunk()).done) return true;
    const { where } = this.#reader;
    throw this.#error("Corrupt", `${where} sent more bytes than it had announced`);
  }

  #silent(): ArchiveError {
    const { where, idleMs } = this.#reader;
    const seconds = idleMs / 1000;
    const what = `no more bytes came from ${where} for ${seconds} s; try again later`;
    return this.#error("Timeout", what);
  }

  #cutShort(): ArchiveError {
    const { take, skip, length = take + skip } = this.#arriving;
    const come = this.#at + skip;
    const what = `${this.#reader.where} ended the object after ${come} of ${length} bytes; try ` +
      "again later";
    return this.#error("Transient", what);
  }

  #broken(cause: unknown): ArchiveError {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = `the connection to ${this.#reader.where} broke in the middle (${
      why.split("\n", 1)[0]
    }); try again later`;
    return this.#error("Transient", what, new Error(why));
  }

  #error(code: ErrorCode, what: string, cause?: unknown): ArchiveError {
    const { call } = this.#reader;
    return callError(call, code, `${describe(call)} failed: ${what}`, cause);
  }
}

/** The part of a chunk that lies in `[0, take)`, when it begins at `at`. */
function windowed(chunk: Uint8Array, at: number, take: number): Uint8Array | undefined {
  const from = Math.max(0, -at);
  const to = Math.min(chunk.byteLength, take - at);
  if (from >= to) return undefined;
  return new Uint8Array(chunk.buffer, chunk.byteOffset + from, to - from);
}
