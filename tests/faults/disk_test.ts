/**
 * Disks that are full or may only be read: of the backend, and of the state. What was stored stays,
 * the agent goes on, somebody is told, and all is well when the disk is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import plugin from "../../adapters/opencode.ts";
import { readStatus } from "../../adapters/state/status.ts";
import { isArchiveError } from "../../core/errors.ts";
import { idlePair, status } from "../adapters/plugin/fake_host.ts";
import { quietOpenCode } from "../adapters/plugin/quiet_opencode.ts";
import { inEnvironment } from "../adapters/relay/environment.ts";
import { withDisk } from "../adapters/state/temporary.ts";
import { appendMessage } from "../fixtures/opencode_edits.ts";
import { until } from "../until.ts";
import { lives, signal } from "../processes.ts";
import { fill, NO_MOUNT } from "./full_disk.ts";
import { atHome, CAN_RUN, type Home, objectsIn } from "./home.ts";
import { readArchive } from "./invariants.ts";

const SMALL = "size=1m";
/** What an event may cost the agent on a busy machine, in milliseconds; mostly it is a fraction of one. */
const AT_ONCE_MS = 100;
/** What the agent's end may cost, in milliseconds. */
const LONGEST_END_MS = 6_000;

/** Archives all sessions of a home with a relay that ends then. */
async function archived(home: Home, wanted: readonly string[]): Promise<void> {
  const relay = await home.relay();
  await until(
    "all is archived",
    async () => {
      const there = (await objectsIn(home.archives)).flatMap(({ bytes }) => bytes ?? []);
      const isEmpty = (await home.outbox.names()).length === 0;
      return isEmpty && wanted.every((text) => there.some((bytes) => holds(bytes, text)));
    },
    60_000,
    home.log,
  );
  await ended(relay);
}

async function ended(relay: number): Promise<void> {
  signal(relay, "SIGTERM");
  await until("the relay is gone", () => !lives(relay));
}

function holds(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder().decode(bytes).includes(text);
}

function configOf({ archives }: Home): object {
  return {
    backends: { default: { type: "file", path: archives } },
    archive: { minInterval: "1ms" },
  };
}

function unlessMounted(context: TestContext, didRun: boolean): void {
  if (!didRun) context.skip(NO_MOUNT);
}

describe("a full disk", { skip: !CAN_RUN }, () => {
  it("of the backend keeps what was stored, says so, and takes the rest when there is room", async (context) => {
    const ran = await withDisk(SMALL, (disk) =>
      atHome(
        async (home) => {
          const { store, state, sessions: [id = ""], outbox } = home;
          await home.configure(configOf(home));
          await archived(home, [id]);
          const [before] = await objectsIn(disk);
          const free = await fill(disk);
          await appendMessage(store, id, "said while the disk was full");
          await outbox.write({ agent: "opencode", store, id });
          const relay = await home.relay();
          const failure = await until(
            "it is told",
            async () => {
              const { backends, stuck } = await readStatus(state) ?? {};
              return backends?.default?.failing ? backends.default.lastFailure : stuck?.last;
            },
            undefined,
            home.log,
          );
          assert.match(failure.message, /full/);
          assert.deepEqual(await objectsIn(disk), [before]);
          assert.equal((await outbox.names()).length, 1);
          await ended(relay);
          await free();
          await archived(home, ["said while the disk was full"]);
          const rest = (await readdir(disk)).filter((name) => name.startsWith(".tmp-"));
          assert.deepEqual(rest, []);
        },
        [{ turns: 1 }],
        { archives: disk },
      ));
    unlessMounted(context, ran);
  });

  it("of the state lets the agent go on, loses nothing, and is made up for when there is room", async (context) => {
    const ran = await withDisk(SMALL, (disk) =>
      atHome(
        async (home) => {
          const { store, sessions: [id = ""], outbox } = home;
          await home.configure(configOf(home));
          await archived(home, [id]);
          const free = await fill(disk);
          await appendMessage(store, id, "said while the state was full");
          await assert.rejects(outbox.write({ agent: "opencode", store, id }), (error) => {
            return isArchiveError(error, "Transient") && /full/.test(error.message);
          });
          assert.deepEqual((await outbox.waiting()).damaged, []);
          const relay = await home.relay();
          // Without a lock it does nothing, and it does not stay.
          await until("the relay is gone", () => !lives(relay));
          await free();
          // No intent could be written; the next one finds the session all the same.
          await archived(home, ["said while the state was full"]);
          for (const { bytes } of await objectsIn(home.archives)) if (bytes) readArchive(bytes);
        },
        [{ turns: 1 }],
        { state: disk },
      ));
    unlessMounted(context, ran);
  });

  it("of the state neither holds up the agent nor throws in it, and the user is told", async (context) => {
    const ran = await withDisk(SMALL, (disk) =>
      atHome(
        async (home) => {
          const { store, sessions: [id = ""] } = home;
          await home.configure(configOf(home));
          await archived(home, [id]);
          const free = await fill(disk);
          const { input, logged, toasts } = quietOpenCode(dirname(store));
          await inEnvironment(home.env, async () => {
            const hooks = await plugin.server(input);
            let longest = 0;
            for (let turn = 0; turn < 20; turn++) {
              await appendMessage(store, id, `turn ${turn} of the full disk`);
              for (const event of [status(id, "busy"), ...idlePair(id)]) {
                const asked = performance.now();
                await hooks.event?.({ event });
                longest = Math.max(longest, performance.now() - asked);
              }
            }
            assert.ok(longest < AT_ONCE_MS, `an event took ${longest} ms`);
            const told = () => [...logged, ...toasts.map(({ message }) => message)];
            await until("the user is told", () => told().some((text) => /full/.test(text)));
            const left = performance.now();
            await hooks.dispose?.();
            const took = performance.now() - left;
            assert.ok(took < LONGEST_END_MS, `the end took ${took} ms`);
          });
          await free();
          await archived(home, ["turn 19 of the full disk"]);
        },
        [{ turns: 1 }],
        { state: disk },
      ));
    unlessMounted(context, ran);
  });
});

describe("a disk that may only be read", { skip: !CAN_RUN }, () => {
  it("of the state is one clear error to who writes an intent, and costs nothing later", async (context) => {
    const ran = await withDisk(SMALL, (disk, remount) =>
      atHome(
        async (home) => {
          const { store, sessions: [id = ""], outbox } = home;
          await home.configure(configOf(home));
          await archived(home, [id]);
          remount("ro");
          try {
            await appendMessage(store, id, "said while nothing could be written");
            await assert.rejects(outbox.write({ agent: "opencode", store, id }), (error) => {
              return isArchiveError(error, "Unauthorized") && error.message.includes(disk);
            });
            const relay = await home.relay();
            // It can do nothing there, and does not stay.
            await until("the relay is gone", () => !lives(relay));
          } finally {
            remount("rw");
          }
          await archived(home, ["said while nothing could be written"]);
        },
        [{ turns: 1 }],
        { state: disk },
      ));
    unlessMounted(context, ran);
  });

  it("of the backend is told by its path, and the session waits", async (context) => {
    const ran = await withDisk(SMALL, (disk, remount) =>
      atHome(
        async (home) => {
          const { store, state, sessions: [id = ""], outbox } = home;
          await home.configure(configOf(home));
          await archived(home, [id]);
          remount("ro");
          try {
            await appendMessage(store, id, "said while it was locked");
            await outbox.write({ agent: "opencode", store, id });
            const relay = await home.relay();
            const failure = await until(
              "it is told",
              async () => {
                return (await readStatus(state))?.backends.default?.lastFailure;
              },
              undefined,
              home.log,
            );
            assert.equal(failure.code, "Unauthorized");
            assert.ok(failure.message.includes("read-only"), failure.message);
            await ended(relay);
            assert.equal((await outbox.names()).length, 1);
          } finally {
            remount("rw");
          }
          await archived(home, ["said while it was locked"]);
        },
        [{ turns: 1 }],
        { archives: disk },
      ));
    unlessMounted(context, ran);
  });
});

describe("a relay's process", { skip: !CAN_RUN }, () => {
  it("ends by itself when all is archived", () =>
    atHome(async (home) => {
      const { store, sessions: [id = ""], outbox } = home;
      await home.configure(configOf(home));
      await outbox.write({ agent: "opencode", store, id });
      const relay = await home.relay(200);
      await until("it is gone", () => !lives(relay), undefined, home.log);
      assert.deepEqual(await outbox.names(), []);
      assert.equal((await objectsIn(home.archives)).length, 1);
    }, [{ turns: 1 }]));

  it("ends at once when it is told to, between two tries at a dead store, and keeps all intents", () =>
    atHome(async (home) => {
      const { store, state, sessions: [id = ""], outbox } = home;
      const dead = "http://127.0.0.1:9";
      const keys = { accessKeyId: "A", secretAccessKey: "B" };
      const bucket = {
        type: "s3",
        bucket: "archives",
        region: "us-east-1",
        endpoint: dead,
        credentials: keys,
      };
      await home.configure({ backends: { bucket } });
      await outbox.write({ agent: "opencode", store, id });
      const relay = await home.relay();
      const isTold = async () => (await readStatus(state))?.backends.bucket?.failing;
      await until("its failure is told", isTold, undefined, home.log);
      const began = performance.now();
      await ended(relay);
      assert.ok(performance.now() - began < 2_000);
      assert.equal((await outbox.names()).length, 1);
      assert.ok(!(await readFile(join(state, "relay.log"), "utf8")).includes("a fault of"));
    }, [{ turns: 1 }]));
});
