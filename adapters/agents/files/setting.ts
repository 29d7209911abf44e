/**
 * One setting of an agent. Nothing else of its settings, which may hold keys, leaves this module.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fieldsOf } from "../../../core/fields.ts";
import { jsonTree } from "../../hooks/json_tree.ts";

/**
 * Reads a setting.
 *
 * @param path The file: JSON, in which comments may stand.
 * @param keys Where it stands, from the outside in.
 * @returns Undefined where it is not set, or the file cannot be read: the agent's default holds then.
 */
export async function settingIn(path: string, keys: readonly string[]): Promise<unknown> {
  // Whether it is there, and whoever may read it, must not keep sessions from being archived.
  const text = await readFile(path, "utf8").catch(() => "");
  return keys.reduce<unknown>((value, key) => fieldsOf(value)[key], valueIn(text));
}

function valueIn(text: string): unknown {
  try {
    return jsonTree(text).value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
