/**
 * What may stand in a session's file, and comes back byte for byte: nobody can be sure what agents
 * write, and crashes leave anything behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { it } from "node:test";
import { all, archiveAll, withSession } from "./archived.ts";
import { filesIn } from "./in_home.ts";
import type { TestedFileAgent } from "./tested.ts";

/** What is made of a file that is as its agent wrote it. */
type Change = (file: Buffer) => Uint8Array;

const behind = (more: string | Uint8Array): Change => (file) =>
  Buffer.concat([file, Buffer.from(more)]);
const asText = (change: (text: string) => string): Change => (file) =>
  Buffer.from(change(file.toString()));

const ODD: Readonly<Record<string, Change>> = {
  "what its agent wrote": (file) => file,
  "records that nobody knows": behind('{"type":"to come","n":1.00,"n":2}\n'),
  "fields that nobody knows": asText((text) => text.replaceAll(/^{/gm, '{"to come":[1.00],')),
  "blank lines": behind("\n\n  \n{}\n"),
  "carriage returns": asText((text) => text.replaceAll("\n", "\r\n")),
  "a byte order mark before all of it": asText((text) => `\ufeff${text}`),
  "a byte order mark amid of it": behind("\ufeff{}\n"),
  "zeros": behind("{}\0\0\0\n\0\n"),
  "zeros alone": () => Uint8Array.of(0, 0, 0, 0x0a),
  "what is no UTF-8": behind(Uint8Array.of(0x7b, 0xff, 0xfe, 0x0a, 0x80, 0x0a)),
  "lone halves of characters, and separators of lines": behind('"\\ud800 \u2028 \u2029"\n'),
  "what looks like a line of an archive": behind('],"endsInLineFeed":true}\n{"$raw":"aGk="}\n'),
  "a line of 10 MB": behind(`"${"x".repeat(10 << 20)}"\n`),
  "a line that is nested a hundred thousand times": behind(
    "[".repeat(1e5) + "]".repeat(1e5) + "\n",
  ),
  "nothing": () => new Uint8Array(),
};

/** Tests that all of it comes back. */
export function bringsBackBytes(tested: TestedFileAgent): void {
  for (const [what, change] of Object.entries(ODD)) {
    it(`brings back every byte: ${what}`, () =>
      withSession(tested, async ({ home, written: { path } }) => {
        await writeFile(path, change(await readFile(path)));
        await assertComesBack(tested, home, path);
      }));
  }
}

/**
 * Archives, wipes and restores, and finds the same files with the same bytes, and none beside.
 *
 * @param tested The agent.
 * @param home Where its only session is.
 * @param path The session's file, whose folder is lost.
 * @param now The time.
 */
export async function assertComesBack(
  tested: TestedFileAgent,
  home: string,
  path: string,
  now?: () => number,
): Promise<void> {
  const before = await filesIn(home);
  const { archiver, keys } = await archiveAll(tested.open(home, now));
  for (const { status } of await all(archiver.verify())) assert.equal(status, "ok");
  await rm(dirname(path), { recursive: true });
  assert.notDeepEqual(await filesIn(home), before);
  const [id] = keys.keys();
  for (const { status, error } of await archiver.restore(keys.get(id)!)) {
    if (error) throw error;
    assert.equal(status, "restored");
  }
  assert.deepEqual(await filesIn(home), before);
}
