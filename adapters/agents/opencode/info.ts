/**
 * From a row of `session` to the `info` that OpenCode exports, as JSON text.
 *
 * @module
 */
import { columnJson } from "./column_json.ts";
import { jsonMembers, jsonObject } from "./json_members.ts";
import type { Row, Value } from "./sqlite.ts";

/** Says what is wrong with a column. */
type Warn = (what: string) => void;

/**
 * The `info` of a session, member for member in the order in which OpenCode writes it. What is
 * NULL, or not there at all in a database of an older OpenCode, is left out.
 *
 * @param row The session's row.
 * @param warn Is told of each column whose JSON is broken and was kept as it is.
 */
export function sessionInfo(row: Row, warn: Warn): string {
  const json = (column: string) => jsonText(row, column, warn);
  return jsonObject([
    ["id", scalar(row.id)],
    ["slug", scalar(row.slug)],
    ["projectID", scalar(row.project_id)],
    ["workspaceID", scalar(row.workspace_id)],
    ["directory", scalar(row.directory)],
    ["path", scalar(row.path)],
    ["parentID", scalar(row.parent_id)],
    ["title", scalar(row.title)],
    ["agent", scalar(row.agent)],
    ["model", only(json("model"), ["id", "providerID", "variant"])],
    ["version", scalar(row.version)],
    ["summary", summaryOf(row, json("summary_diffs"))],
    ["cost", scalar(row.cost)],
    ["tokens", tokensOf(row)],
    ["share", row.share_url ? jsonObject([["url", scalar(row.share_url)]]) : undefined],
    ["metadata", json("metadata")],
    ["revert", only(json("revert"), ["messageID", "partID", "snapshot", "diff"])],
    ["permission", json("permission")],
    ["time", timesOf(row)],
  ]);
}

function summaryOf(row: Row, diffs: string | undefined): string | undefined {
  const counts = [row.summary_additions, row.summary_deletions, row.summary_files];
  if (counts.every((count) => count == null)) return undefined;
  const [additions, deletions, files] = counts.map((count) => scalar(count ?? 0));
  return jsonObject(Object.entries({ additions, deletions, files, diffs }));
}

function tokensOf(row: Row): string | undefined {
  if (row.tokens_input == null) return undefined;
  return jsonObject([
    ["input", scalar(row.tokens_input)],
    ["output", scalar(row.tokens_output)],
    ["reasoning", scalar(row.tokens_reasoning)],
    [
      "cache",
      jsonObject([
        ["read", scalar(row.tokens_cache_read)],
        ["write", scalar(row.tokens_cache_write)],
      ]),
    ],
  ]);
}

function timesOf(row: Row): string {
  return jsonObject([
    ["created", scalar(row.time_created)],
    ["updated", scalar(row.time_updated)],
    ["compacting", scalar(row.time_compacting)],
    ["archived", scalar(row.time_archived)],
  ]);
}

function scalar(value: Value | undefined): string | undefined {
  if (value == null) return undefined;
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
}

/** A column's JSON text; undefined for NULL and for JSON's own null, which OpenCode leaves out. */
function jsonText(row: Row, column: string, warn: Warn): string | undefined {
  const value = row[column];
  if (value == null) return undefined;
  const json = columnJson(value);
  if ("text" in json) return json.value === null ? undefined : json.text;
  warn(`the column ${column} of session ${row.id} holds broken JSON`);
  return json.broken;
}

/** An object with just these members, in this order: OpenCode rebuilds some of them so. */
function only(text: string | undefined, names: readonly string[]): string | undefined {
  if (text === undefined || !text.startsWith("{") || text.startsWith('{"$raw":')) return text;
  const members = jsonMembers(text);
  return jsonObject(names.map((name) => [name, members.get(name)]));
}
