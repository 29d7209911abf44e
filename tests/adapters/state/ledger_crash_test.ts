import assert from "node:assert/strict";
import { join } from "node:path";
import { readdir } from "node:fs/promises";
import { describe, it } from "node:test";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { Child, withFolder } from "./temporary.ts";

/** Lets a process record until it is killed after some rows, again and again on one ledger. */
async function killAgainAndAgain(rounds: number, sessions: number, compactBytes: number) {
  await withFolder(async (folder) => {
    const path = join(folder, "ledger.jsonl");
    const acknowledged = new Map<string, number>();
    let next = 1;
    for (let round = 0; round < rounds; round++) {
      const child = new Child("record.ts", path, `${next}`, `${sessions}`, `${compactBytes}`);
      const until = 20 + Math.floor(Math.random() * 180);
      const note = (line: string) => {
        const [id = "", number = ""] = line.split(" ");
        acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, Number(number)));
        next = Math.max(next, Number(number) + 1);
      };
      for (let seen = 0; seen < until; seen++) note(await child.line() ?? assert.fail("it ended"));
      const killed = child.kill();
      for (let line = await child.line(); line !== undefined; line = await child.line()) note(line);
      await killed;
      const ledger = await FileLedger.open(path);
      const found = new Map([...ledger.entries()].map(({ id, size }) => [id, size]));
      for (const [id, number] of acknowledged) {
        const there = found.get(id) ?? -1;
        assert.ok(there >= number, `round ${round}: ${id} is at ${there} but ${number} was said`);
      }
      // At most the line that was being written, once a round.
      assert.ok(ledger.damaged <= round + 1, `${ledger.damaged} damaged lines`);
      next += 10;
    }
    const rest = (await readdir(folder)).filter((name) => name !== "ledger.jsonl");
    assert.ok(rest.length <= 1, `left behind: ${rest}`);
  });
}

describe("a process killed while it records", () => {
  it("has every row on disk that it was told is durable", async () => {
    await killAgainAndAgain(8, 1_000_000, 1 << 30);
  });

  it("has every row on disk when the ledger is rewritten all the time", async () => {
    await killAgainAndAgain(12, 20, 3_000);
  });
});
