/**
 * The command lines of this program in the text of an agent's settings.
 *
 * @module
 */
import { isOurs } from "./command.ts";
import { type JsonItem, type JsonNode, jsonTree } from "./json_tree.ts";

/** A command line. */
export interface FoundCommand {
  /** What it is written as: `command`, or the name of a shell. */
  readonly field: string;
  readonly command: string;
  readonly node: JsonNode;
}

/** A hook of this program: one entry with its command lines. */
export interface FoundHook {
  readonly event: string;
  readonly commands: readonly FoundCommand[];
  /** What it lies in, from the outside in, each with the item that leads to it. */
  readonly way: readonly (readonly [JsonNode, JsonItem])[];
}

const FIELDS: ReadonlySet<string> = new Set(["command", "bash", "powershell"]);

/**
 * Finds them.
 *
 * @param text The settings.
 * @throws {SyntaxError} When they cannot be read.
 */
export function foundHooks(text: string): readonly FoundHook[] {
  const root = jsonTree(text);
  const hooks = memberOf(root, "hooks");
  if (hooks === undefined) return [];
  return (hooks.node.items ?? []).flatMap((item) => [
    ...entriesIn(item.node, item.key ?? "", [[root, hooks], [hooks.node, item]]),
  ]);
}

/**
 * The member of an object that counts where there are several of a name.
 *
 * @param node The object.
 * @param key The name.
 */
export function memberOf(node: JsonNode, key: string): JsonItem | undefined {
  return node.items?.findLast((item) => item.key === key);
}

function* entriesIn(node: JsonNode, event: string, way: FoundHook["way"]): Generator<FoundHook> {
  const commands = (node.items ?? []).flatMap(({ key = "", node }) =>
    FIELDS.has(key) && isOurs(node.value) ? [{ field: key, command: node.value, node }] : []
  );
  if (commands.length > 0) yield { event, commands, way };
  for (const item of node.items ?? []) yield* entriesIn(item.node, event, [...way, [node, item]]);
}
