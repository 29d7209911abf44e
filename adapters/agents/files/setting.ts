/**
 * One setting of an agent. Nothing else of its settings, which may hold keys, leaves this module.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import { jsonTree } from "../../hooks/json_tree.ts";
import { textOf } from "./folder.ts";

/**
 * Reads a setting.
 *
 * @param path The file: JSON, in which comments may stand.
 * @param keys Where it stands, from the outside in.
 * @returns Undefined where it is not set, or the file cannot be read: the agent's default holds then.
 */
export function settingIn(path: string, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => fieldsOf(value)[key], valueIn(textIn(path)));
}

function textIn(path: string): string {
  try {
    return textOf(path) ?? "";
  } catch {
    // Whoever may read it, that must not keep sessions from being archived.
    return "";
  }
}

function valueIn(text: string): unknown {
  try {
    return jsonTree(text).value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
