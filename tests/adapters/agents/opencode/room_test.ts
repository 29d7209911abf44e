/**
 * What a database takes on the disk, and how it is made smaller. That this works is shown on the real
 * OpenCode in `tests/e2e/prune_local_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { editDatabase } from "../../../fixtures/opencode_edits.ts";
import { withStore } from "./reading.ts";

describe("the room of a database", () => {
  it("is that of its files, and what is free of it is told", () =>
    withStore({ sessions: [{ bytesPerSession: 100_000 }] }, async ({ agent, database }) => {
      const { bytes, free, advice } = await agent.room!(database);
      assert.equal(bytes, (await stat(database)).size);
      assert.equal(free, 0);
      assert.match(
        advice,
        /^quit every OpenCode, then run: opencode db "VACUUM", and opencode db /,
      );
      await editDatabase(database, (one) => one.exec("DELETE FROM part"));
      assert.ok((await agent.room!(database)).free > 50_000);
    }));

  it("is given back in that very database", () =>
    withStore({}, async ({ folder, database }) => {
      const other = join(folder, "opencode-beta.db");
      await rename(database, other);
      const { advice } = await openCode({ database: other }).room!(other);
      assert.ok(advice.includes(`run, with OPENCODE_DB set to ${other}: opencode db "VACUUM"`));
    }));
});
