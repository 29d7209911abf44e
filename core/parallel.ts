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

/**
 * Runs jobs as they are drawn from a source and yields their results in the jobs' order. At most
 * `ahead` are begun and not yet taken; how many of these work at once is up to them. The first failure
 * in order fails it all; stopping early, or failing, draws no more and waits for those under way.
 *
 * @param source Where jobs come from.
 * @param ahead How many may be begun and not yet taken.
 */
export async function* inOrder<R>(
  source: AsyncIterable<() => Promise<R>>,
  ahead: number,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  const [arrival, room] = [new Bell(), new Bell()];
  let isWanted = true;
  const begin = (job: () => Promise<R>) => {
    const result = job();
    // Whoever comes to it hears of it.
    result.catch(() => undefined);
    begun.push(result);
    arrival.ring();
  };
  const draw = async () => {
    for await (const job of source) {
      if (isWanted) begin(job);
      while (isWanted && begun.length >= ahead) await room.rings();
      if (!isWanted) return;
    }
  };
  let isDrained = false;
  const drawing = draw().finally(() => {
    isDrained = true;
    arrival.ring();
  });
  drawing.catch(() => undefined);
  try {
    for (;;) {
      while (begun.length === 0 && !isDrained) await arrival.rings();
      if (begun.length === 0) return await drawing;
      yield await begun[0];
      begun.shift();
      room.ring();
    }
  } finally {
    isWanted = false;
    room.ring();
    await Promise.allSettled([drawing, ...begun]);
  }
}

/** Wakes the one that waits for it, if somebody does. */
class Bell {
  #wake = () => {};

  /** Waits until it rings. */
  rings(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** Rings. */
  ring(): void {
    this.#wake();
  }
}
