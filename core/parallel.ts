/**
 * Doing several things at once, but not too many.
 *
 * @module
 */
import { ArchiveError } from "./errors.ts";

/**
 * Runs a job for each item, at most `width` at once.
 *
 * @param items What to work on.
 * @param width How many at once.
 * @param job The work.
 * @returns The results in the items' order. The first failure fails it all.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  job: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await job(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** A number of places of which each piece of work takes one for as long as it lasts. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param count How many there are.
   * @throws {ArchiveError} `Invalid` when it is none to work with: everything would wait for ever.
   */
  constructor(count: number) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ArchiveError("Invalid", `the concurrency ${count} is no whole number, 1 or more`);
    }
    this.#free = count;
  }

  /**
   * Does a piece of work once there is a place, in the order in which it was asked for.
   *
   * @param work The piece.
   */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/**
 * Runs jobs as they are drawn from a source, at most `width` at once, and yields their results as
 * they end. The first failure fails it all; stopping early, or failing, draws no more and waits for
 * those under way.
 *
 * @param source Where jobs come from.
 * @param width How many at once.
 */
export async function* asTheyEnd<R>(
  source: AsyncIterable<() => Promise<R>>,
  width: number,
): AsyncGenerator<R> {
  const running = new Set<Promise<void>>();
  const ended: R[] = [];
  const failures: unknown[] = [];
  const start = (job: () => Promise<R>) => {
    const end = job()
      .then((result) => void ended.push(result), (error) => void failures.push(error))
      .finally(() => running.delete(end));
    running.add(end);
  };
  const results = function* () {
    yield* ended.splice(0);
    if (failures.length > 0) throw failures[0];
  };
  try {
    for await (const job of source) {
      start(job);
      while (running.size >= width) await Promise.race(running);
      yield* results();
    }
    while (running.size > 0) {
      await Promise.race(running);
      yield* results();
    }
    yield* results();
  } finally {
    await Promise.allSettled(running);
  }
}

/** A job that was begun. */
interface Begun<R> {
  readonly result: Promise<R>;
  hasEnded: boolean;
}

/**
 * Runs jobs as they are drawn from a source and yields their results in the jobs' order. At most
 * `ahead` are begun before the first of them has ended; how many of these work at once is up to
 * them. The first failure in order fails it all; stopping early, or failing, draws no more and waits
 * for those under way.
 *
 * @param source Where jobs come from.
 * @param ahead How many may be begun and not yet yielded.
 */
export async function* inOrder<R>(
  source: AsyncIterable<() => Promise<R>>,
  ahead: number,
): AsyncGenerator<R> {
  const jobs = source[Symbol.asyncIterator]();
  const begun: Begun<R>[] = [];
  let isDrained = false;
  let drawing: Promise<void> | undefined;
  const draw = async () => {
    const next = await jobs.next();
    if (next.done) isDrained = true;
    else begun.push(begin(next.value));
    drawing = undefined;
  };
  try {
    for (;;) {
      if (!isDrained && begun.length < ahead) drawing ??= draw();
      const first = begun.at(0);
      if (!first && !drawing) return;
      const end = first?.result.then(() => undefined, () => undefined);
      await Promise.race([drawing, end].filter((one) => one !== undefined));
      while (begun[0]?.hasEnded) yield await begun[0].result.finally(() => begun.shift());
    }
  } finally {
    await Promise.allSettled([drawing, ...begun.map(({ result }) => result)]);
    await jobs.return?.();
  }
}

function begin<R>(job: () => Promise<R>): Begun<R> {
  const begun: Begun<R> = { result: job().finally(() => begun.hasEnded = true), hasEnded: false };
  begun.result.catch(() => undefined);
  return begun;
}
