/**
 * A place of its own inside a backend where things can be tried: every call ends in bounded time,
 * and everything that was written is remembered until it is removed.
 *
 * @module
 */
import type { Backend, Body, ByteRange, ObjectInfo, PutOptions } from "../../core/backend.ts";
import { bodySize } from "../../core/backend.ts";
import { ArchiveError, isArchiveError, throwIfAborted } from "../../core/errors.ts";
import { inParallel } from "../../core/parallel.ts";
import { settledWithin, unlessAborted } from "./within.ts";

/** The first segment of all keys that are written to try a store. */
export const TRIAL_FOLDER = ".session-archiver-probe";

/** From so many bytes on a body is large. */
const LARGE_BYTES = 1 << 20;
/** How much longer a large body may take than a small one. */
const LARGE = 6;
/** How long all removing may take, in milliseconds. */
const REMOVAL = 30_000;

/** A folder of objects that are there only to try a backend. */
export class TrialGround {
  /** Whose. */
  readonly backend: Backend;
  /** What all its keys begin with; no two trials share it. */
  readonly folder: string;
  readonly #written = new Set<string>();
  readonly #signal: AbortSignal | undefined;
  readonly #limitMs: number;
  /** Writes that nobody waits for any more; they may still land. */
  readonly #late = new Set<Promise<unknown>>();

  /**
   * @param backend Whose.
   * @param limitMs How long a call may take, in milliseconds; six times that with a large body.
   * @param signal Ends all calls but those that remove.
   */
  constructor(backend: Backend, limitMs: number, signal?: AbortSignal) {
    this.backend = backend;
    this.folder = `${TRIAL_FOLDER}/${crypto.randomUUID().slice(0, 13)}/`;
    this.#limitMs = limitMs;
    this.#signal = signal;
  }

  /** Whether the caller asked to stop. */
  get stopped(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** The key of one of its objects. */
  key(name: string): string {
    return this.folder + name;
  }

  /** Writes an object. */
  async put(
    name: string,
    body: Body,
    options: PutOptions = {},
  ): Promise<{ etag?: string; copied?: number }> {
    const key = this.key(name);
    // Also a write that fails may have stored something.
    this.#written.add(key);
    const limitMs = bodySize(body) >= LARGE_BYTES ? LARGE * this.#limitMs : this.#limitMs;
    const write = (signal: AbortSignal) => this.backend.put(key, body, { ...options, signal });
    return await this.#bounded(`writing ${name}`, write, limitMs);
  }

  /** Reads an object, or a part of it. */
  async read(name: string, range?: ByteRange): Promise<Uint8Array> {
    return await this.#bounded(`reading ${name}`, async (signal) => {
      const { body } = await this.backend.get(this.key(name), { range, signal });
      return new Uint8Array(await new Response(body).arrayBuffer());
    });
  }

  /** Looks an object up. */
  async head(name: string): Promise<ObjectInfo> {
    const look = (signal: AbortSignal) => this.backend.head(this.key(name), { signal });
    return await this.#bounded(`looking up ${name}`, look);
  }

  /** Whether an object is there. */
  async has(name: string): Promise<boolean> {
    try {
      await this.head(name);
      return true;
    } catch (error) {
      if (isArchiveError(error, "NotFound")) return false;
      throw error;
    }
  }

  /** Copies an object, where the backend can. */
  async copy(from: string, to: string): Promise<void> {
    const key = this.key(to);
    this.#written.add(key);
    await this.#bounded(
      `copying ${from}`,
      async (signal) => void await this.backend.copy?.(this.key(from), key, { signal }),
    );
  }

  /** Deletes an object. */
  async delete(name: string): Promise<void> {
    const key = this.key(name);
    const remove = (signal: AbortSignal) => this.backend.delete(key, { signal });
    await this.#bounded(`deleting ${name}`, remove);
    this.#written.delete(key);
  }

  /** Lists below a prefix of the ground by name: objects as they come, then folded prefixes. */
  async list(
    prefix: string,
    { startAfter, ...options }: { delimiter?: "/"; startAfter?: string; limit?: number } = {},
  ): Promise<string[]> {
    return await this.#bounded("listing", async (signal) => {
      const after = startAfter === undefined ? {} : { startAfter: this.key(startAfter) };
      const keys: string[] = [];
      const folded: string[] = [];
      const pages = this.backend.list({ ...options, ...after, prefix: this.key(prefix), signal });
      for await (const { objects, prefixes } of pages) {
        keys.push(...objects.map(({ key }) => key));
        folded.push(...prefixes);
      }
      return [...keys, ...folded].map((key) => key.slice(this.folder.length));
    });
  }

  /**
   * Removes everything that may be there, also when the caller asked to stop.
   *
   * @returns The keys that could not be removed.
   */
  async clear(): Promise<readonly string[]> {
    const until = AbortSignal.timeout(REMOVAL);
    await settledWithin(Math.min(this.#limitMs, REMOVAL / 10), this.#late);
    await inParallel([...this.#written], 4, async (key) => {
      if (until.aborted) return;
      const remove = (signal: AbortSignal) => this.backend.delete(key, { signal });
      const removal = bounded(`deleting ${key}`, remove, this.#limitMs, until);
      const isGone = await removal.then(() => true, () => false);
      if (isGone) this.#written.delete(key);
    });
    return [...this.#written];
  }

  async #bounded<T>(
    doing: string,
    work: (signal: AbortSignal) => Promise<T>,
    limitMs = this.#limitMs,
  ): Promise<T> {
    throwIfAborted(this.#signal, doing);
    let running: Promise<T> | undefined;
    const start = (signal: AbortSignal) => running = work(signal);
    try {
      return await bounded(doing, start, limitMs, this.#signal);
    } catch (error) {
      if (running) this.#remember(running);
      throw error;
    }
  }

  #remember(running: Promise<unknown>): void {
    const ended = running.then(() => undefined, () => undefined);
    this.#late.add(ended);
    void ended.then(() => this.#late.delete(ended));
  }
}

/**
 * Runs something that may never end.
 *
 * @param doing What, for the error.
 * @param work It; asked to stop when it takes too long, and left alone then.
 * @param limitMs How long it may take, in milliseconds.
 * @param signal The caller's own.
 * @throws ArchiveError `Timeout`, `Aborted`, or what it fails with.
 */
export async function bounded<T>(
  doing: string,
  work: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(tooLong(doing, limitMs)), limitMs);
  const relay = () =>
    stop.abort(new ArchiveError("Aborted", `${doing} was stopped`, { cause: signal?.reason }));
  signal?.addEventListener("abort", relay, { once: true });
  if (signal?.aborted) relay();
  try {
    return await unlessAborted(stop.signal, work(stop.signal));
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", relay);
  }
}

function tooLong(doing: string, limitMs: number): ArchiveError {
  const seconds = limitMs < 1000 ? `${limitMs} ms` : `${Math.round(limitMs / 1000)} s`;
  return new ArchiveError("Timeout", `${doing} did not end within ${seconds}`);
}
