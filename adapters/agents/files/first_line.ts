/**
 * Looking at the first line, which tells what the others are.
 *
 * @module
 */

/**
 * Takes the first line.
 *
 * @param lines Read from their beginning.
 * @returns The first, empty where there is none, and all of them, to be read once.
 */
export async function firstAndRest(
  lines: AsyncIterable<string>,
): Promise<readonly [first: string, lines: AsyncIterable<string>]> {
  const each = lines[Symbol.asyncIterator]();
  const { value, done } = await each.next();
  async function* all(): AsyncGenerator<string> {
    try {
      if (done) return;
      yield value;
      for (let next = await each.next(); !next.done; next = await each.next()) yield next.value;
    } finally {
      await each.return?.();
    }
  }
  return [done ? "" : value, all()];
}
