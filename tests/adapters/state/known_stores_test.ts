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

describe("the stores that are known", () => {
  it("are none at first, and each keeps the time at which it was first asked for", () =>
    withFolder(async (state) => {
      const stores = new StoresFile(state);
      assert.deepEqual(await stores.all(), []);
      assert.deepEqual(await stores.since([one], 1000), [1000]);
      assert.deepEqual(await stores.since([two, one], 2000), [2000, 1000]);
      const again = new StoresFile(state);
      assert.deepEqual(await again.since([one, two], 3000), [1000, 2000]);
      assert.deepEqual(await again.all(), [{ ...one, since: 1000 }, { ...two, since: 2000 }]);
      assert.deepEqual(await readdir(state), ["stores.json"]);
      if (process.platform === "win32") return;
      assert.equal((await stat(storesPath(state))).mode & 0o777, 0o600);
    }));

  it("survive what a killed process left of the file", () =>
    withFolder(async (state) => {
      await writeFile(`${storesPath(state)}.new`, "{");
      assert.deepEqual(await new StoresFile(state).since([one], 1000), [1000]);
      assert.deepEqual(await readdir(state), ["stores.json"]);
    }));

  for (const text of ["", "{", "null", "[]", '{"stores":[{"agent":1}]}']) {
    it(`are none in a file that says ${JSON.stringify(text)}`, () =>
      withFolder(async (state) => {
        await writeFile(storesPath(state), text);
        assert.deepEqual(await new StoresFile(state).all(), []);
      }));
  }

  it("fail with the file's name where it can be neither read nor written", () =>
    withFolder(async (state) => {
      await mkdir(storesPath(state));
      const names = (error: unknown) =>
        isArchiveError(error) && error.message.includes(storesPath(state));
      await assert.rejects(new StoresFile(state).since([one], 1000), names);
    }));
});
