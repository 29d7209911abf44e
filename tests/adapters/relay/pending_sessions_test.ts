/**
 * What the relay takes for news in the outbox.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PendingSessions } from "../../../adapters/relay/pending_sessions.ts";
import type { WaitingSession } from "../../../adapters/state/outbox.ts";

/** An outbox in memory that says when intents are removed. */
class Box {
  readonly pending: PendingSessions;
  readonly files = new Set<string>();
  /** How often it was read. */
  reads = 0;
  /** Removes; by default at once, and says so at once. */
  remove: (files: readonly string[]) => Promise<void> = (files) => {
    for (const file of files) this.files.delete(file);
    return Promise.resolve();
  };

  constructor(...files: readonly string[]) {
    for (const file of files) this.files.add(file);
    this.pending = new PendingSessions({
      outbox: {
        names: () => Promise.resolve([...this.files]),
        waiting: () => {
          this.reads++;
          return Promise.resolve({ sessions: this.#waiting(), damaged: [], unread: [] });
        },
        write: () => Promise.reject(new Error("nothing is to be put down here")),
        remove: (files) => this.remove(files),
      },
      now: () => 0,
      date: () => 0,
      say: () => undefined,
    });
  }

  /** A backend takes a session, as it is now. */
  take(id: string): Promise<void> {
    const pending = this.of(id);
    pending.copy("disk").cover(pending.revision, true);
    return this.pending.finish(pending, ["disk"]);
  }

  of(id: string) {
    return this.pending.of({ agent: "memory", store: "memory:", id });
  }

  #waiting(): WaitingSession[] {
    return [...this.files].map((file) => ({
      session: { agent: "memory", store: "memory:", id: file },
      now: false,
      since: 0,
      files: [file],
    }));
  }
}

describe("a look at the outbox", () => {
  it("reads what is there only where something came", async () => {
    const box = new Box("one");
    assert.equal(await box.pending.look(), true);
    assert.equal(await box.pending.look(), false);
    box.files.add("two");
    assert.equal(await box.pending.look(), true);
    assert.equal(box.reads, 2);
  });

  it("takes an intent for no news that is just being removed, gone already or not", async () => {
    const box = new Box("one", "two");
    await box.pending.look();
    let removed = () => {};
    box.remove = () => new Promise((resolve) => removed = resolve);
    const taken = box.take("one");
    assert.equal(await box.pending.look(), false);
    box.files.delete("one");
    assert.equal(await box.pending.look(), false);
    removed();
    await taken;
    assert.equal(await box.pending.look(), false);
    assert.equal(box.reads, 1);
  });

  it("does not ask again for a session whose intent is just being removed", async () => {
    const box = new Box("one");
    await box.pending.look();
    let removed = () => {};
    box.remove = () => new Promise((resolve) => removed = resolve);
    const taken = box.take("one");
    box.files.add("two");
    assert.equal(await box.pending.look(), true);
    assert.equal(box.of("one").isWaiting(["disk"]), false);
    assert.equal(box.of("two").isWaiting(["disk"]), true);
    removed();
    await taken;
  });

  it("asks again for one whose intent could not be removed", async () => {
    const box = new Box("one");
    await box.pending.look();
    const { remove } = box;
    box.remove = () => Promise.reject(new Error("read-only"));
    await assert.rejects(box.take("one"), /read-only/);
    box.remove = remove;
    assert.equal(await box.pending.look(), true);
    assert.equal(box.of("one").isWaiting(["disk"]), true);
    await box.take("one");
    assert.deepEqual([...box.files], []);
  });
});
