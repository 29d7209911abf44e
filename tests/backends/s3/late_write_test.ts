/**
 * S3 stores without conditional writes that do a request after its client has given up on it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { S3BackendOptions } from "../../../backends/s3.ts";
import { Archiver } from "../../../core/archiver.ts";
import { LATE_WRITE_MS } from "../../../core/archiving/late_writes.ts";
import { MemoryLedger } from "../../../core/ledger/ledger.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import type { Fault } from "../../s3/fake.ts";
import { until } from "../../until.ts";
import { SHORT, storeFor } from "./fake_store.ts";

const KEY = "home_me_project/2026-01-31/one.json";

/** A machine with one session and a store of its own that keeps no conditions. */
async function machineFor(t: TestContext, options: Partial<S3BackendOptions> = {}) {
  const { s3, backend } = await storeFor(
    t,
    { quirks: { createOnly: false, ifMatch: false }, timeouts: SHORT, attempts: 1, ...options },
    { personality: "wasabi" },
  );
  const agent = new MemoryAgent();
  let time = Date.UTC(2026, 5, 1);
  const ledger = new MemoryLedger({ now: () => time });
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger });
  return {
    s3,
    ledger,
    /** Archives the session with these messages. */
    async archives(...texts: readonly string[]) {
      agent.set({
        id: "one",
        projectPath: "/home/me/project",
        createdAt: "2026-01-31T12:00:00.000Z",
        messages: texts.map((text) => ({ id: `of ${text}`, role: "user", text })),
      });
      for await (const { copies: [copy] } of archiver.archiveAll()) return copy.status;
    },
    /** Looks what came of the writes, once none can arrive any more. */
    async settle() {
      time += LATE_WRITE_MS + 1;
      const found: string[] = [];
      const before = time - LATE_WRITE_MS;
      for await (const { status } of archiver.settle({ before })) found.push(status);
      return found;
    },
    /** What is stored. */
    held() {
      const bytes = s3.objects().get(KEY)?.bytes;
      return [...new TextDecoder().decode(bytes).matchAll(/"text":"([^"]*)"/g)]
        .map(([, text]) => text).join(" ");
    },
  };
}

/** A request of which the test says when it is done. */
function held(on: Fault["on"]): { readonly fault: Fault; readonly release: () => void } {
  let release = () => {};
  const doWhen = new Promise<void>((resolve) => release = resolve);
  return { fault: { on, times: 1, do: { doWhen } }, release };
}

test("a request that is done after its client gave up on it is found and mended", async (t) => {
  const { s3, ledger, archives, settle, held: stored } = await machineFor(t);
  assert.equal(await archives("a"), "archived");
  const late = held("PutObject");
  s3.fault(late.fault);
  assert.equal(await archives("a", "b"), "failed");
  assert.equal(await archives("a", "b", "c"), "archived");
  late.release();
  await until("the late request was done", () => stored() === "a b");
  assert.deepEqual(await settle(), ["replaced"]);
  assert.equal(await archives("a", "b", "c"), "archived");
  assert.equal(stored(), "a b c");
  assert.deepEqual([...ledger.openWrites()], []);
});

test("so is the first attempt of a request that was done with the second", async (t) => {
  const { s3, ledger, archives, settle, held: stored } = await machineFor(t, { attempts: 2 });
  const late = held("PutObject");
  s3.fault(late.fault);
  assert.equal(await archives("a"), "archived");
  assert.equal([...ledger.openWrites()].length, 1);
  assert.equal(await archives("a", "b"), "archived");
  late.release();
  await until("the first attempt was done", () => stored() === "a");
  assert.deepEqual(await settle(), ["replaced"]);
  assert.equal(await archives("a", "b"), "archived");
  assert.equal(stored(), "a b");
});

test("a request whose reply is lost has done what it should", async (t) => {
  const { s3, archives, settle, held: stored } = await machineFor(t);
  await archives("a");
  s3.fault({ on: "PutObject", times: 1, do: "loseReply" });
  assert.equal(await archives("a", "b"), "failed");
  assert.equal(await archives("a", "b"), "unchanged");
  assert.deepEqual(await settle(), ["as acknowledged"]);
  assert.equal(stored(), "a b");
});

test("a store that refuses a request does not do it later", async (t) => {
  const { s3, ledger, archives } = await machineFor(t);
  s3.fault({ on: "PutObject", times: 1, do: { status: 403 } });
  assert.equal(await archives("a"), "failed");
  assert.deepEqual([...ledger.openWrites()], []);
});

test("conditions make it needless to remember what is sent", async (t) => {
  const { ledger, archives } = await machineFor(t, {
    quirks: { createOnly: true, ifMatch: true },
  });
  ledger.sending = () => assert.fail("it was remembered");
  assert.equal(await archives("a"), "archived");
  assert.equal(await archives("a", "b"), "archived");
});
