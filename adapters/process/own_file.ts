/**
 * Where another module of this package lies, whatever it was built to: `.ts` in the source, `.js` in
 * the npm package.
 *
 * @module
 */

/**
 * The URL of a module of this package.
 *
 * @param name Where it is, seen from the other one, without the extension: `../cli/bin`.
 * @param beside The other one's `import.meta.url`.
 */
export function ownFile(name: string, beside: string): URL {
  const extension = /\.[cm]?[jt]s$/.exec(new URL(beside).pathname)?.[0] ?? ".js";
  return new URL(`${name}${extension}`, beside);
}
