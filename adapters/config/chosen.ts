/**
 * The one backend that the user chose for a command, by `--backend`: no other counts then.
 *
 * @module
 */

/**
 * The names that count.
 *
 * @param names Names of backends.
 * @param only The only one that counts, where the user chose one; all of them otherwise.
 */
export function chosen(names: readonly string[], only: string | undefined): readonly string[] {
  return only === undefined ? names : names.filter((name) => name === only);
}
