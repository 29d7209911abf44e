import assert from "node:assert/strict";
import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { Child, withFolder } from "./temporary.ts";

const ROUNDS = 8;

describe("an outbox whose writers are killed", () => {
  it("keeps every intent that was written, and nothing half-written counts", () =>
    withFolder(async (state) => {
      const folder = join(state, "outbox");
      const outbox = new Outbox(folder);
      for (let round = 0; round < ROUNDS; round++) {
        const prefixes = [`a${round}`, `b${round}`];
        const written = await Promise.all(prefixes.map(async (prefix) => {
          const child = new Child("write_intents.ts", folder, prefix);
          const ids: string[] = [];
          // At another point each time: a number of lines, and some time behind the last.
          for (let n = 0; n <= round; n++) ids.push(`${prefix}_${await child.line()}`);
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
          await child.kill();
          return ids;
        }));
        const { sessions, damaged } = await outbox.waiting();
        assert.deepEqual(damaged, []);
        const waiting = new Map(sessions.map((one) => [one.session.id, one]));
        for (const id of written.flat()) assert.equal(waiting.get(id)?.now, true, id);
      }
      const then = new Date(Date.now() - 2 * 60 * 60_000);
      for (const name of await readdir(folder)) {
        if (name.startsWith(".tmp-")) await utimes(join(folder, name), then, then);
      }
      await outbox.remove((await outbox.waiting()).sessions.flatMap(({ files }) => files));
      assert.deepEqual(await readdir(folder), []);
    }));
});
