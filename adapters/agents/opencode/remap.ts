/**
 * New ids for restored sessions, so that they stand beside those they were copied from.
 *
 * OpenCode's ids are a prefix, 48 bits of time in hexadecimal and 14 letters or digits of chance.
 * Messages and parts are ordered by them, and so are the new ones; sessions count backwards.
 *
 * @module
 */
import type { RestorableArchive } from "../../../core/agent.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { fieldsOf } from "../../../core/fields.ts";
import { readNative } from "./native.ts";

/** From an old id to the new one. */
export type IdMap = ReadonlyMap<string, string>;

const ID = /(?:ses|msg|prt)_[0-9A-Za-z]+/g;
const WHOLE_ID = /^(?:ses|msg|prt)_[0-9A-Za-z]+$/;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Gives every session, message and part of some archives a new id. Those restored together share
 * one map, so that children find their parents.
 *
 * @param archives All that are restored together.
 * @param now The time the last id is made of, milliseconds since 1970.
 */
export async function newIds(
  archives: readonly RestorableArchive[],
  now: number = Date.now(),
): Promise<IdMap> {
  const old = new Set<string>();
  for (const archive of archives) for await (const id of idsOf(archive)) old.add(id);
  for (const id of old) {
    if (WHOLE_ID.test(id)) continue;
    throw new ArchiveError(
      "Invalid",
      `${
        JSON.stringify(id)
      } is no id of OpenCode's (ses_, msg_ or prt_ and letters or digits), so ` +
        "it cannot be given a new one; restore without new ids",
    );
  }
  return mapped([...old].sort(), now);
}

async function* idsOf(archive: RestorableArchive): AsyncGenerator<string> {
  yield archive.id;
  for await (const piece of readNative(archive.native())) {
    if (piece.kind === "rest") continue;
    const { info, parts } = fieldsOf(piece.value);
    for (const thing of [info, ...Array.isArray(parts) ? parts : []]) {
      const { id } = fieldsOf(thing);
      if (typeof id === "string") yield id;
    }
  }
}

function mapped(sorted: readonly string[], now: number): IdMap {
  const map = new Map<string, string>();
  for (const prefix of ["ses", "msg", "prt"]) {
    const ids = sorted.filter((id) => id.startsWith(prefix));
    const first = now * 4096 - ids.length;
    for (const [index, id] of ids.entries()) {
      // The smaller a session's id, the later it was made.
      const moment = prefix === "ses" ? -1 - first - (ids.length - index) : first + index + 1;
      map.set(id, `${prefix}_${lowest48(moment)}${chance()}`);
    }
  }
  return map;
}

/** The lowest 48 bits of a whole number, as 12 hexadecimal digits. */
function lowest48(value: number): string {
  const low = value % 2 ** 48;
  return (low < 0 ? low + 2 ** 48 : low).toString(16).padStart(12, "0");
}

function chance(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(14));
  return Array.from(bytes, (byte) => BASE62[byte % 62]).join("");
}

/**
 * Replaces every whole id that a map knows, wherever it stands in a text. Ids need no escaping in
 * JSON, so that works on JSON text, too.
 *
 * @param text Any text.
 * @param ids From old to new.
 */
export function withNewIds(text: string, ids: IdMap): string {
  return ids.size === 0 ? text : text.replace(ID, (id) => ids.get(id) ?? id);
}
