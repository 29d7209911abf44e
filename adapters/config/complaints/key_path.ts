/**
 * Where in a configuration something stands, and how that is written.
 *
 * @module
 */

/** The keys and indexes that lead to a value. */
export type KeyPath = readonly PropertyKey[];

/** The longest key that is shown whole, in characters. */
const SHOWN = 40;

/**
 * Writes a path as people do: `backends.minio.tags["my tag"]`, `rules[0].match`.
 *
 * @param path The keys and indexes.
 */
export function keyPathText(path: KeyPath): string {
  return path.map((key, index) => {
    if (typeof key === "number") return `[${key}]`;
    const name = String(key);
    if (SECRET_KEY.test(name)) return `["${HIDDEN_KEY}"]`;
    if (!/^[\w-]+$/.test(name) || name.length > SHOWN) return `[${shortened(name)}]`;
    return index === 0 ? name : `.${name}`;
  }).join("");
}

/** Stands for a key that is not shown. */
export const HIDDEN_KEY = "…";

/** What became a key because the space behind its colon is missing, or an address with a password. */
const SECRET_KEY = /[@?#=\r\n]|(secret|token|passw|key)[^:]*:/i;

/**
 * What stands at a path, if anything.
 *
 * @param value Where the path begins.
 * @param path The keys and indexes.
 */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce((at, key) => isMap(at) || Array.isArray(at) ? own(at, key) : undefined, value);
}

/**
 * Whether a value is a map of texts to values.
 *
 * @param value Anything.
 */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A text in quotes and on one line, cut when it is long.
 *
 * @param text Any text.
 */
export function shortened(text: string): string {
  const signs = [...text];
  return JSON.stringify(signs.length > SHOWN ? `${signs.slice(0, SHOWN).join("")}…` : text);
}

function own(value: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
