import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beginTidying } from "../../../adapters/cli/tidying_up.ts";
import { MemoryBackend } from "../../../backends/memory.ts";
import { ABANDONED_MS, type TidyOptions } from "../../../core/backend.ts";
import { ArchiveError } from "../../../core/errors.ts";

/** What is told when backends tidy up so. */
async function told(
  ...tidy: readonly ((options: TidyOptions) => Promise<number>)[]
): Promise<string[]> {
  const notes: string[] = [];
  const note = (line: string) => Promise.resolve(void notes.push(line));
  const backends = tidy.map((tidy, i) =>
    Object.assign(new MemoryBackend({ name: `b${i}` }), { tidy })
  );
  const end = beginTidying(
    [new MemoryBackend(), ...backends],
    { note },
    new AbortController().signal,
  );
  await end();
  return notes;
}

describe("tidying up beside a run", () => {
  it("asks for what is over a day old, and tells what was ended", async () => {
    const notes = await told(
      () => Promise.resolve(0),
      ({ before }) => Promise.resolve(before <= Date.now() - ABANDONED_MS ? 2 : 0),
    );
    assert.deepEqual(notes, ["ended 2 uploads on b1 that a killed process had left open"]);
  });

  it("tells what failed and goes on", async () => {
    const notes = await told(
      () => Promise.reject(new ArchiveError("Transient", "no answer")),
      () => Promise.resolve(1),
    );
    assert.equal(notes.length, 2);
    assert.match(notes.join("\n"), /could not look for uploads on b0 .*: no answer/);
  });

  it("stops a backend that does not answer, soon after the run is over", async () => {
    const began = performance.now();
    const notes = await told(({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(new ArchiveError("Aborted", "stopped")));
      })
    );
    assert.deepEqual(notes, []);
    assert.ok(performance.now() - began < 10_000);
  });
});
