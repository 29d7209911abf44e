/**
 * Grouping things by a name: `Map.groupBy`, which Node 20 does not have.
 *
 * @module
 */

/**
 * Groups items, in the order in which they come.
 *
 * @param items What to group.
 * @param nameOf The name of an item's group.
 */
export function grouped<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
