/**
 * Files that lie beside a session's own, and belong to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rm, symlink, truncate } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { it } from "node:test";
import { filesOf } from "../../../core/keys/files_of.ts";
import { all, archiveAll, read, restorable, sessionsOf, withSession } from "./archived.ts";
import { filesIn, put } from "./in_home.ts";
import { NEVER } from "./secrets.ts";
import { moved, refuses } from "./strange_archives.ts";
import type { TestedFileAgent, WrittenFile } from "./tested.ts";

/** Takes longer to be read than to be made longer. */
/** So many bytes that somebody writes while they are read, however busy the machine is. */
const LONG = 7 << 20;

const ODD: Readonly<Record<string, Uint8Array | string>> = {
  "text.txt": "text\r\n\ufeff",
  "nothing.txt": "",
  "bytes.bin": Uint8Array.of(0x89, 0xff, 0, 0x0a, 0x80),
  "half a line.jsonl": '{"a":',
  "long.txt": "x".repeat(10 << 20),
  'it\'s {"$raw"} ü.txt': "a name",
};

/** Tests what is done with them. */
export function takesFilesBeside(
  tested: TestedFileAgent,
  beside: (session: WrittenFile, name: string) => string,
): void {
  it("brings back the files beside a session, byte for byte", () =>
    withSession(tested, async ({ home, agent, written }) => {
      for (const [name, content] of Object.entries(ODD)) await put(beside(written, name), content);
      const before = await filesIn(home);
      const { archiver, keys } = await archiveAll(agent);
      for (const name of Object.keys(ODD)) await rm(beside(written, name));
      await rm(written.path);
      const outcomes = await archiver.restore(keys.get(written.id)!);
      assert.deepEqual(outcomes.map(({ status }) => status), ["restored", "restored"]);
      assert.deepEqual(await filesIn(home), before);
      const again = await archiver.restore(keys.get(written.id)!);
      assert.deepEqual(again.map(({ status }) => status), ["existing", "existing"]);
    }));

  it("writes over none of them, and brings back those that are missing", () =>
    withSession(tested, async ({ home, agent, written }) => {
      await put(beside(written, "one.txt"), "one");
      await put(beside(written, "two.txt"), "two");
      const { archiver, keys } = await archiveAll(agent);
      await put(beside(written, "one.txt"), "something else");
      const expected = await filesIn(home);
      await rm(beside(written, "two.txt"));
      await archiver.restore(keys.get(written.id)!);
      assert.deepEqual(await filesIn(home), expected);
    }));

  it("follows no link that lies beside a session", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const elsewhere = join(home, "work", "elsewhere");
      await put(join(elsewhere, "secret.txt"), "hunter2");
      await put(beside(written, "kept.txt"), "kept");
      await symlink(elsewhere, beside(written, "folder"));
      await symlink(join(elsewhere, "secret.txt"), beside(written, "file.txt"));
      const archived = await archiveAll(agent);
      const { native } = await restorable(archived, filesOf(written.id));
      const text = (await all(native())).join();
      assert.match(text, /kept\.txt/);
      assert.doesNotMatch(text, /hunter2|file\.txt|secret\.txt/);
    }));

  it("leaves out one that does not hold still, tells so, and looks at it again", () =>
    withSession(tested, async ({ agent, written }) => {
      const path = beside(written, "growing.txt");
      await put(path, "x".repeat(LONG));
      await put(beside(written, "still.txt"), "still");
      const session = await besideOf();
      const stop = new AbortController();
      const growing = Promise.all([1, 2, 3, 4].map(() => keepGrowing(path, stop.signal)));
      const { loaded, lines } = await read(agent, session).finally(async () => {
        stop.abort();
        await growing;
      });
      assert.match(loaded.warnings().join(), /growing\.txt/);
      assert.ok(!lines.join().includes("xxx") && lines.join().includes("still.txt"));
      const later = await besideOf();
      assert.notEqual(loaded.token, later.token);
      assert.equal((await read(agent, later)).loaded.token, later.token);

      async function besideOf() {
        const [files] = await sessionsOf(agent, { ids: [filesOf(written.id)] });
        return files;
      }
    }));

  it("brings no file to where none belongs", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const file = beside(written, "one.txt");
      await put(file, "one");
      await put(beside(written, "another.txt"), "another");
      const archive = await restorable(await archiveAll(agent), filesOf(written.id));
      await rm(beside(written, "another.txt"));
      const path = relative(home, file).split(sep).join("/");
      const folder = path.slice(0, path.lastIndexOf("/"));
      const places = [
        ...["../../.bashrc", "/etc/passwd", `${folder}/../${path}`, `${folder}\\..\\x.txt`],
        ...[`${folder}/${"../".repeat(20)}tmp/x.txt`, `${path}/../../x.txt`, ""],
        ...NEVER.map((name) => `${folder}/${name}`),
        ...tested.elsewhere ?? [],
      ];
      for (const place of places) await refuses(tested, home, await moved(archive, path, place));
    }));
}

/** Makes a file longer, again and again, until it is told to stop. */
async function keepGrowing(path: string, signal: AbortSignal): Promise<void> {
  for (let size = LONG; !signal.aborted; size++) await truncate(path, size);
}
