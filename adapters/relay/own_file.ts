/**
 * Where another module of this package lies, whatever it was built to: `.ts` in the source, `.js` in
 * the npm package.
 *
 * @module
 */

/**
 * The URL of a module that stands beside another one.
 *
 * @param name Its name without the extension: `main`.
 * @param beside The other one's `import.meta.url`.
 */
export function ownFile(name: string, beside: string): URL {
  const extension = /\.[cm]?[jt]s$/.exec(new URL(beside).pathname)?.[0] ?? ".js";
  return new URL(`./${name}${extension}`, beside);
}
