/**
 * A session that grew, on its way to a store: that it lost nothing is known from what the ledger
 * remembers, and nothing is read back for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { join } from "node:path";
import { FileLedger } from "../../../../adapters/state/ledger.ts";
import { S3Backend } from "../../../../backends/s3.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { appendMessage } from "../../../fixtures/opencode_edits.ts";
import type { FakeS3 } from "../../../s3/fake.ts";
import { withFake } from "../../../s3/with_fake.ts";
import { type Store, withStore } from "./reading.ts";

describe("a session of OpenCode that grew", () => {
  it("is sent without a look at the store, where that refuses to overwrite other things", () =>
    withBoth((store, fake) => grow(store, fake, true, ["PutObject"])));

  it("is sent after a look at who wrote last, where the store overwrites anything", () =>
    withBoth((store, fake) => grow(store, fake, false, ["HeadObject", "PutObject"])));
});

function withBoth(play: (store: Store, fake: FakeS3) => Promise<void>): Promise<void> {
  return withStore(
    { sessions: [{ turns: 3, todos: 2 }] },
    (store) => withFake((fake) => play(store, fake)),
  );
}

/** Archives a session, lets it grow, archives it again, and compares what the store was asked then. */
async function grow(
  store: Store,
  fake: FakeS3,
  isConditional: boolean,
  asked: readonly string[],
): Promise<void> {
  const [{ id }] = store.written;
  await archive(store, fake, isConditional);
  await appendMessage(store.database, id, "and now?");
  fake.requests.splice(0);
  await archive(store, fake, isConditional);
  assert.deepEqual(fake.requests.map(({ operation }) => operation), asked);
  const [[, { bytes }], ...others] = fake.objects();
  assert.match(new TextDecoder().decode(bytes), /and now\?/);
  assert.deepEqual(others, []);
}

/** As each process does it: with a ledger that it reads first. */
async function archive({ agent, folder }: Store, fake: FakeS3, isConditional: boolean) {
  const { endpoint, region, credentials } = fake;
  const backend = await S3Backend.open({
    ...{ endpoint, region, credentials: { ...credentials }, bucket: "archives", env: {} },
    quirks: { createOnly: isConditional, ifMatch: isConditional },
  });
  const ledger = await FileLedger.open(join(folder, "ledger.jsonl"));
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger });
  for await (const { copies } of archiver.archiveAll()) {
    assert.equal(copies[0].status, "archived", copies[0].error?.message);
  }
  await archiver.close();
  await ledger.close();
}
