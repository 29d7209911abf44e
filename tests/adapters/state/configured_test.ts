import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { rememberConfigured, wasConfigured } from "../../../adapters/state/configured.ts";
import { configuredPath } from "../../../adapters/state/layout.ts";
import { withFolder } from "./temporary.ts";

describe("that a configuration was in force", () => {
  it("is known from when it is remembered, however often that is", () =>
    withFolder(async (state) => {
      assert.equal(await wasConfigured(state), false);
      await rememberConfigured(state, "/c.yaml");
      await rememberConfigured(state, "/c.yaml");
      assert.equal(await wasConfigured(state), true);
    }));

  it("is unknown where there is no state yet, or can be none", () =>
    withFolder(async (state) => {
      assert.equal(await wasConfigured(join(state, "none")), false);
      await writeFile(join(state, "file"), "");
      assert.equal(await wasConfigured(join(state, "file", "none")), false);
    }));

  it("is known from a file that lost what it held", () =>
    withFolder(async (state) => {
      await writeFile(configuredPath(state), "");
      assert.equal(await wasConfigured(state), true);
    }));
});
