/**
 * Files that lie where sessions do, under names that no agent gives.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { it } from "node:test";
import { checkSessionId } from "../../../core/keys/session_id.ts";
import { archiveAll, sessionsOf, withSession } from "./archived.ts";
import type { TestedFileAgent } from "./tested.ts";

/** What is made of a good name, which has an ending. */
const ODD: readonly ((stem: string, ending: string) => string)[] = [
  (stem, ending) => `${stem} (copy)${ending}`,
  (stem, ending) => `${stem}~${ending}`,
  (stem, ending) => `~${stem}${ending}`,
  (stem, ending) => `${stem}\\..\\x${ending}`,
  (stem, ending) => `${stem}\n${ending}`,
  (stem, ending) => `${stem}${"x".repeat(200 - stem.length)}${ending}`,
  (stem, ending) => `${stem}.${ending}`,
  (stem, ending) => `..${stem}${ending}`,
  (_, ending) => `ü ${ending}`,
  (_, ending) => ending,
  (stem, ending) => `.${stem}${ending}.tmp`,
];

/** Tests that they do no harm. */
export function namesOddFiles(tested: TestedFileAgent): void {
  it("is not upset by files of any other name beside a session", () =>
    withSession(tested, async ({ agent, written: { id, path } }) => {
      const [, stem, ending] = /^(.*)(\.\w+)$/s.exec(basename(path))!;
      for (const name of ODD) await copyFile(path, join(dirname(path), name(stem, ending)));
      const sessions = await sessionsOf(agent);
      const ids = sessions.map(({ id }) => id);
      assert.ok(ids.includes(id));
      assert.deepEqual(ids.map(checkSessionId), [...new Set(ids)]);
      const { keys } = await archiveAll(agent);
      assert.deepEqual([...keys.keys()].sort(), ids.sort());
    }));
}
