/**
 * The runtimes that this library promises beside Deno, as npm has them.
 *
 * @module
 */

/** A runtime from npm. */
export interface Runtime {
  /** What people call it. */
  readonly name: string;
  /** What `npm install` gets it by. */
  readonly install: string;
  /** Where its program lies then, from `node_modules`. */
  readonly binary: string;
}

/** Each by its short name. */
export const RUNTIMES = {
  node20: { name: "Node 20", install: "node20@npm:node@20", binary: "node20/bin/node" },
  node22: { name: "Node 22", install: "node22@npm:node@22", binary: "node22/bin/node" },
  node24: { name: "Node 24", install: "node24@npm:node@24", binary: "node24/bin/node" },
  bun: { name: "Bun", install: "bun", binary: ".bin/bun" },
} as const satisfies Readonly<Record<string, Runtime>>;
