/**
 * `${VAR}` in the texts of a configuration, after it was parsed: a value can never become syntax.
 *
 * @module
 */
import type { Fault } from "./complaints/fault.ts";
import { isMap, type KeyPath } from "./complaints/key_path.ts";

/** Finds the value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** More levels than any configuration has; an anchor that contains itself has endless ones. */
const DEEPEST = 16;

/** More values than any configuration has; a few anchors can stand for billions. */
const MOST = 20_000;

/**
 * Looks variables up in the environment. `HOSTNAME`, which many shells know and do not hand on,
 * falls back to the host's name.
 *
 * @param env The environment.
 * @param hostname Tells the host's name.
 */
export function lookupIn(
  env: Readonly<Record<string, string | undefined>>,
  hostname: () => string,
): Lookup {
  return (name) => name === "HOSTNAME" ? env.HOSTNAME || hostname() : env[name];
}

/**
 * Expands all texts of a tree; keys stay as they are. What cannot be expanded becomes undefined.
 *
 * @param tree What YAML gave.
 * @param lookup Finds variables.
 * @returns The same tree with values in place of variables, and all that is wrong.
 */
export function expandTree(
  tree: unknown,
  lookup: Lookup,
): { readonly tree: unknown; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  let count = 0;
  const complain = (path: KeyPath, message: string) => void faults.push({ path, message });
  const walk = (value: unknown, path: KeyPath): unknown => {
    if (++count > MOST) return undefined;
    if (path.length > DEEPEST) return complain(path.slice(0, 3), "is nested too deeply");
    if (typeof value === "string") {
      const { text, faults: wrong } = expandText(value, lookup);
      return wrong.length === 0 ? text : complain(path, `${wrong.join(", and ")}; ${REMEDY}`);
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (isMap(value)) return walkMap(value, path);
    if (typeof value !== "object" || value === null) return value;
    const kind = value instanceof Date ? "a date" : "binary data";
    return complain(path, `is ${kind} to YAML; put it in quotes if it is meant to be a text`);
  };
  const walkMap = (map: Readonly<Record<string, unknown>>, path: KeyPath) => {
    if (Object.hasOwn(map, "__proto__")) complain([...path, "__proto__"], "is not known");
    const entries = Object.entries(map).filter(([key]) => key !== "__proto__");
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  const expanded = walk(tree, []);
  if (count <= MOST) return { tree: expanded, faults };
  return { tree: undefined, faults: [{ path: [], message: `holds over ${MOST} values` }] };
}

/**
 * Expands one text: `${NAME}` becomes the variable's value, which is not expanded again, and `$${` a
 * literal `${`.
 *
 * @param text As it stands in the file.
 * @param lookup Finds variables.
 * @returns The text, and what is wrong with it; only the names of variables are told.
 */
export function expandText(
  text: string,
  lookup: Lookup,
): { readonly text: string; readonly faults: readonly string[] } {
  const faults = new Set<string>();
  const expanded = text.replace(VARIABLE, (whole, name: string | undefined) => {
    if (whole === "$${") return "${";
    if (name === undefined) {
      faults.add("has a ${ without a variable's name (letters, digits, _) and a } behind it");
      return "";
    }
    const value = lookup(name);
    if (value) return value;
    const state = value === undefined ? "not set" : "empty";
    faults.add(`uses the environment variable ${name}, which is ${state}`);
    return "";
  });
  return { text: expanded, faults: [...faults] };
}

/**
 * Whether a text holds a variable, so that its value must not be shown.
 *
 * @param text As it stands in the file.
 */
export function hasVariable(text: string): boolean {
  return [...text.matchAll(VARIABLE)].some(([whole]) => whole !== "$${");
}

/**
 * The names of the variables in a text, or in a whole file.
 *
 * @param text As it stands there.
 */
export function variablesIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(VARIABLE)].flatMap(([, name]) => name ?? []));
}

const REMEDY = "set the variable, or write $${ for a literal ${";

const VARIABLE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;
