import assert from "node:assert/strict";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import process from "node:process";
import { describe, it } from "node:test";
import { StoresFile } from "../../../adapters/state/known_stores.ts";
import { storesPath } from "../../../adapters/state/layout.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { withFolder } from "./temporary.ts";

const one = { agent: "opencode", store: "/home/me/one.db" };
const two = { agent: "opencode", store: "/home/me/two.db" };

describe("what an installation knows of stores", () => {
  it("begins when it is first asked for, and stays", () =>
    withFolder(async (state) => {
      assert.equal(await new StoresFile(state, 1000).since(), 1000);
      assert.equal(await new StoresFile(state, 2000).since(), 1000);
      assert.deepEqual(await readdir(state), ["stores.json"]);
      if (process.platform === "win32") return;
      assert.equal((await stat(storesPath(state))).mode & 0o777, 0o600);
    }));

  it("is each store once", () =>
    withFolder(async (state) => {
      const stores = new StoresFile(state, 1000);
      assert.deepEqual(await stores.all(), []);
      await stores.add([one]);
      await stores.add([two, one]);
      const again = new StoresFile(state, 2000);
      assert.deepEqual(await again.all(), [one, two]);
      assert.equal(await again.since(), 1000);
    }));

  it("does not begin in a time to come, as told by a clock that was set back since", () =>
    withFolder(async (state) => {
      const tomorrow = Date.now() + 86_400_000;
      await new StoresFile(state, tomorrow).add([one]);
      const now = Date.now();
      assert.ok(await new StoresFile(state, tomorrow).since() <= Date.now());
      assert.ok(await new StoresFile(state, now).since() >= now);
      assert.equal(
        await new StoresFile(state, 1000).since(),
        await new StoresFile(state, 2000).since(),
      );
      assert.deepEqual(await new StoresFile(state, 1000).all(), [one]);
    }));

  it("survives what a killed process left of the file", () =>
    withFolder(async (state) => {
      await writeFile(`${storesPath(state)}.new`, "{");
      assert.equal(await new StoresFile(state, 1000).since(), 1000);
      assert.deepEqual(await readdir(state), ["stores.json"]);
    }));

  for (const text of ["", "{", "null", "[]", '{"since":"x","stores":[{"agent":1}]}']) {
    it(`is nothing in a file that says ${JSON.stringify(text)}`, () =>
      withFolder(async (state) => {
        await writeFile(storesPath(state), text);
        const stores = new StoresFile(state, 1000);
        assert.deepEqual(await stores.all(), []);
        assert.equal(await stores.since(), 1000);
      }));
  }

  it("fails with the file's name where it can be neither read nor written", () =>
    withFolder(async (state) => {
      await mkdir(storesPath(state));
      const names = (error: unknown) =>
        isArchiveError(error) && error.message.includes(storesPath(state));
      await assert.rejects(new StoresFile(state, 1000).since(), names);
      await assert.rejects(new StoresFile(state, 1000).add([one]), names);
    }));
});
