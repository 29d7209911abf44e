/**
 * "Did you mean": guesses what a mistyped name was meant to be.
 *
 * @module
 */

/** Names over this many characters are no slips, and take long to compare. */
const LONGEST = 64;

/**
 * The name that is closest to what was typed, if any is close: at most a third of its letters
 * differ, or only their case does.
 *
 * @param typed What was typed.
 * @param names What there is.
 */
export function closest(typed: string, names: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  const lower = typed.toLowerCase();
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(lower, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.edits - b.edits);
  return best?.name;
}

/** How many letters must be put in, left out, changed, or swapped with the next. */
function editsBetween(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = above[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 &&
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? twoAbove[column - 2] + 1 : Infinity;
      current.push(Math.min(changed, swapped, above[column] + 1, current[column - 1] + 1));
    }
    [twoAbove, above] = [above, current];
  }
  return above[b.length];
}
