/**
 * How the relay has backends end what killed writes left, in a world of memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ARCHIVE_DEFAULTS } from "../../../adapters/config/defaults.ts";
import { ABANDONED_MS, type TidyOptions } from "../../../core/backend.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { START, World } from "./world.ts";

/** A world whose only backend tidies up so. */
function tidying(tidy: (options: TidyOptions) => Promise<number>): World {
  const world = new World(["disk"]);
  Object.assign(world.backends[0], { tidy });
  return world;
}

describe("what killed writes left", () => {
  it("is ended once at a relay's start, if it is a day old", async () => {
    const asked: number[] = [];
    const world = tidying(({ before }) => {
      asked.push(before);
      return Promise.resolve(2);
    });
    for (const text of ["1", "2"]) {
      world.idle("one", text);
      assert.equal(await world.work(), "idle");
    }
    assert.equal(asked.length, 1);
    assert.ok(asked[0] <= START + world.elapsed - ABANDONED_MS);
    assert.ok(world.log.some((line) => /ended 2 uploads on disk/.test(line)), `${world.log}`);
  });

  it("is no hindrance to archiving: neither a failure, nor a store that does not answer", async () => {
    const failing = tidying(() => Promise.reject(new ArchiveError("Transient", "no answer")));
    failing.idle("one");
    assert.equal(await failing.work(), "idle");
    assert.equal(failing.backends[0].puts.length, 1);
    assert.deepEqual(failing.bugs, []);
    assert.ok(failing.log.some((line) => /on disk .*: no answer/.test(line)), `${failing.log}`);
    let stopped = false;
    const hanging = tidying(({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          stopped = true;
          reject(new ArchiveError("Aborted", "stopped"));
        });
      })
    );
    hanging.idle("one");
    assert.equal(await hanging.work(), "idle");
    assert.equal(hanging.backends[0].puts.length, 1);
    assert.ok(stopped);
  });

  it("is left where nothing shall be archived by itself", async () => {
    const world = tidying(() => Promise.reject(new Error("must not be asked")));
    world.config = { ...ARCHIVE_DEFAULTS, auto: false };
    await world.work();
    assert.deepEqual(world.log.filter((line) => /kill/.test(line)), []);
  });
});
