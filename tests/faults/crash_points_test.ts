/**
 * Killed at every named step, by its own hand: of writing an intent, and of a relay's work. Then
 * another relay begins, and nothing is lost, half or twice.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, describe, it } from "node:test";
import { lockPath } from "../../adapters/state/layout.ts";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import type { FakeS3 } from "../s3/fake.ts";
import { withFake } from "../s3/with_fake.ts";
import { until } from "../until.ts";
import { INTENT_STEPS, RELAY_STEPS } from "./crash_steps.ts";
import { lives, signal } from "../processes.ts";
import { atHome, CAN_RUN, type Home } from "./home.ts";
import { IS_LONG } from "./seed.ts";
import { Tally } from "./tally.ts";

const ROUNDS = IS_LONG ? 20 : 1;

describe("a process that is killed", { skip: !CAN_RUN }, () => {
  const tally = new Tally();
  after(() => tally.print("named crash points"));

  it("while it writes an intent leaves a whole one or none, and none in the way of the next", () =>
    atHome(async ({ store, state, sessions, outbox, child }) => {
      const wanted = { agent: "opencode", store, id: sessions[0] ?? "" };
      await outbox.remove([await outbox.write(wanted)]);
      for (const step of INTENT_STEPS) {
        for (let round = 0; round < ROUNDS; round++) {
          await killed(child("crash_at.ts", step, state, store, wanted.id));
          tally.hit(`an intent: ${step}`);
          const { sessions: waiting, damaged } = await outbox.waiting();
          assert.deepEqual(damaged, [], step);
          assert.equal(waiting.length, step === "renamed" ? 1 : 0, step);
          const name = await outbox.write(wanted);
          const all = (await outbox.waiting()).sessions[0]?.files ?? [];
          assert.ok(all.includes(name), step);
          await outbox.remove(all);
        }
      }
    }, [{ count: 1 }]));

  for (const step of RELAY_STEPS) {
    it(`${step} is followed by one that finishes its work`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await withFake((fake) =>
          atHome(async (home) => {
            await home.configure(configOf(fake));
            await finished(home, fake, step);
          }, [{ count: 3, turns: 1 }])
        );
        tally.hit(`a relay: ${step}`);
      }
    });
  }
});

/** Kills a relay at a step, and sees that the next one does what is left, and no more. */
async function finished(home: Home, fake: FakeS3, step: string): Promise<void> {
  const { store, state, sessions, outbox } = home;
  for (const id of sessions) {
    // Two each: of several, some may be gone.
    for (let n = 0; n < 2; n++) await outbox.write({ agent: "opencode", store, id });
  }
  await killed(home.child("crash_at.ts", step));
  assert.ok((await outbox.names()).length > 0, "nothing was left to do");
  assert.equal(await lockHolder(lockPath(state)), undefined, "the lock of the dead is not free");
  const relay = await home.relay();
  const isEmpty = async () => (await outbox.names()).length === 0;
  await until("the outbox is empty", isEmpty, undefined, home.log);
  assert.deepEqual((await outbox.waiting()).damaged, []);
  for (const id of sessions) {
    const keys = [...fake.objects().keys()].filter((key) => key.includes(id));
    assert.deepEqual(keys.map((key) => key.endsWith(`/${id}.json`)), [true], keys.join(" "));
    const puts = fake.requests.filter(({ method, key }) => method === "PUT" && key === keys[0]);
    assert.ok(puts.length <= 2, `${puts.length} puts of ${id}`);
  }
  signal(relay, "SIGTERM");
  await until("the relay is gone", () => !lives(relay));
}

function configOf({ endpoint, credentials }: FakeS3): object {
  const place = { type: "s3", bucket: "archives", region: "us-east-1", forcePathStyle: true };
  return {
    backends: { bucket: { ...place, endpoint, credentials } },
    archive: { minInterval: "1ms" },
  };
}

/** Waits for a process to end by its own hand. */
async function killed(child: ChildProcess): Promise<void> {
  const [code, by] = await once(child, "exit");
  assert.equal(by, "SIGKILL", `it ended with ${code}`);
}
