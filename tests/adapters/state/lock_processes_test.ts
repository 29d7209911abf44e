import assert from "node:assert/strict";
import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import { Child, withFolder } from "./temporary.ts";
import { acquireLock } from "./acquire_lock.ts";

async function contenders(count: number): Promise<Child[]> {
  const children = Array.from({ length: count }, () => new Child("contend.ts"));
  for (const child of children) assert.equal(await child.line(), "ready");
  return children;
}

async function ask(child: Child, command: string): Promise<string | undefined> {
  child.say(command);
  return await child.line();
}

describe("the lock between processes", () => {
  it("goes to exactly one of two that race for it", async () => {
    await withFolder(async (folder) => {
      const children = await contenders(2);
      for (let round = 0; round < 40; round++) {
        const path = join(folder, "lock");
        const answers = await Promise.all(children.map((child) => ask(child, `take ${path}`)));
        assert.equal(answers.filter((answer) => answer === "won").length, 1, `${answers}`);
        assert.equal(answers.filter((answer) => answer?.startsWith("lost: another run")).length, 1);
        assert.deepEqual(await readdir(folder), ["lock"]);
        for (const child of children) assert.equal(await ask(child, "release"), "released");
        assert.deepEqual(await readdir(folder), []);
      }
      for (const child of children) await child.kill();
    });
  });

  it("goes to exactly one of those that find a killed one's", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "lock");
      const children = await contenders(3);
      for (let round = 0; round < 20; round++) {
        const answers = await Promise.all(children.map((child) => ask(child, `take ${path}`)));
        assert.equal(answers.filter((answer) => answer === "won").length, 1, `${answers}`);
        const [winner] = children.splice(answers.indexOf("won"), 1);
        assert.equal((await lockHolder(path))?.pid, winner?.pid);
        await winner?.kill();
        children.push(...await contenders(1));
      }
      for (const child of children) await child.kill();
    });
  });

  it("never lets two in", async () => {
    await withFolder(async (folder) => {
      const children = await contenders(3);
      const path = join(folder, "lock");
      const answers = children.map((child) => ask(child, `exclude ${path} 60`));
      assert.deepEqual(await Promise.all(answers), Array(3).fill("60 times"));
      assert.deepEqual(await readdir(folder), []);
      for (const child of children) await child.kill();
    });
  });

  it("stays with a process that is paused, however long, and is free once that is killed", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "lock");
      const [child] = await contenders(1);
      assert.ok(child);
      assert.equal(await ask(child, `take ${path}`), "won");
      process.kill(child.pid, "SIGSTOP");
      const long = new Date(Date.now() - 3_600_000);
      await utimes(path, long, long);
      await assert.rejects(
        acquireLock(path, { purpose: "archiving" }),
        new RegExp(`another run \\(pid ${child.pid}, since .*\\) is archiving`),
      );
      process.kill(child.pid, "SIGCONT");
      await child.kill();
      const lock = await acquireLock(path, { purpose: "archiving" });
      await lock.release();
    });
  });

  it("keeps no process alive", async () => {
    await withFolder(async (folder) => {
      const [child] = await contenders(1);
      assert.ok(child);
      assert.equal(await ask(child, `take ${join(folder, "lock")}`), "won");
      child.process.stdin?.end();
      assert.equal(await child.line(), undefined);
    });
  });
});
