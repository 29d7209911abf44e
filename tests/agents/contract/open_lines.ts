/**
 * Files that are written to while they are read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFile, stat, utimes } from "node:fs/promises";
import { it } from "node:test";
import { all, onlySession, read, withSession } from "./archived.ts";
import { assertComesBack } from "./odd_content.ts";
import type { TestedFileAgent } from "./tested.ts";

const QUIET = 11 * 60_000;

/** Tests what is taken of them. */
export function heedsWriters(tested: TestedFileAgent): void {
  it("gives a file another token by its time, in whole milliseconds", () =>
    withSession(tested, async ({ home, agent, written: { path } }) => {
      const tokenAt = async (second: number) => {
        await utimes(path, second, second);
        const looks = [agent, tested.open(home)].map(async (one) => (await onlySession(one)).token);
        const [token, again] = await Promise.all(looks);
        assert.equal(token, again);
        return token;
      };
      const { size } = await stat(path);
      const first = await tokenAt(1_769_860_800.1232);
      assert.equal(
        await tokenAt(1_769_860_800.1238),
        first,
        "runtimes round such times differently",
      );
      assert.notEqual(await tokenAt(1_769_860_800.1242), first);
      assert.equal((await stat(path)).size, size);
    }));

  it("takes a file that is still written to as far as it reached", () =>
    withSession(tested, async ({ agent, written: { path } }) => {
      const session = await onlySession(agent);
      const loaded = await agent.load(session);
      await appendFile(path, '{"type":"later"}\n');
      const lines = (await all(loaded.native)).map((line) => new TextDecoder().decode(line));
      assert.ok(!lines.join().includes("later"));
      assert.equal(loaded.token, session.token);
      assert.notEqual((await onlySession(agent)).token, session.token);
    }));

  it("leaves out a line that is not whole yet, and is read again until it is", () =>
    withSession(tested, async ({ agent, written: { path } }) => {
      await appendFile(path, '{"type":"half');
      const session = await onlySession(agent);
      const { loaded, lines } = await read(agent, session);
      assert.notEqual(loaded.token, session.token);
      assert.equal(loaded.warnings().length, 1);
      assert.ok(!lines.join().includes("half"));
      await appendFile(path, ' a line"}\n');
      const whole = await onlySession(agent);
      const again = await read(agent, whole);
      assert.equal(again.loaded.token, whole.token);
      assert.ok(again.lines.join().includes("half a line"));
    }));

  it("takes a line that is never ended once its file was quiet for ten minutes", () =>
    withSession(tested, async ({ home, written: { path } }) => {
      await appendFile(path, '{"type":"half');
      const later = () => Date.now() + QUIET;
      const agent = tested.open(home, later);
      const session = await onlySession(agent);
      assert.equal((await read(agent, session)).loaded.token, session.token);
      await assertComesBack(tested, home, path, later);
    }));
}
