import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { describe, it } from "node:test";
import {
  fateOf,
  lookWithPs,
  type ProcessIdentity,
  thisProcess,
} from "../../../adapters/state/process_identity.ts";
import { until } from "../../until.ts";
import { deadPid } from "./temporary.ts";

const HOUR = 3_600_000;
/** Longer than this machine can have run. */
const EVER = 100 * 365 * 24 * HOUR;
const me = await thisProcess();
const fate = (changes: Partial<ProcessIdentity>, silent = 0) =>
  fateOf({ ...me, ...changes }, silent);

describe("whether a process lives", () => {
  it("knows this one, and that it runs however silent it is", async () => {
    assert.equal(me.pid, process.pid);
    assert.match(me.host, /^[0-9a-f]{16}$/);
    assert.equal(await fate({}), "running");
    if (me.boot !== "") assert.equal(await fate({}, EVER), "running");
  });

  it("knows one that is gone", async () => {
    assert.equal(await fate({ pid: await deadPid(), start: "" }), "gone");
  });

  it("knows a number that was given again by its start", async () => {
    if (me.start === "") return assert.equal(await fate({ start: "" }), "running");
    assert.equal(await fate({ start: `${me.start}0` }), "gone");
    assert.equal(await fate({ start: "" }), "running");
  });

  it("takes a process of an earlier run of this machine for gone", async () => {
    const boot = me.boot === "" ? "" : "11111111-2222-3333-4444-555555555555";
    assert.equal(await fate({ boot }, EVER), "gone");
  });

  it("goes by the machine's uptime where its runs have no names", async () => {
    assert.equal(await fate({ boot: "" }, 0), "running");
    assert.equal(await fate({ boot: "" }, EVER), "gone");
  });

  it("says nothing of other machines and other containers", async () => {
    const elsewhere = { host: "0123456789abcdef", boot: "11111111-2222-3333-4444-555555555555" };
    assert.equal(await fate(elsewhere, EVER), "elsewhere");
    assert.equal(await fate({ ...elsewhere, boot: "" }, EVER), "elsewhere");
    assert.equal(await fate({ space: "1" }, 0), "elsewhere");
  });

  it("knows this machine by its run when its name has changed", async () => {
    if (me.boot === "") return assert.equal(await fate({ host: "other" }), "elsewhere");
    assert.equal(await fate({ host: "0123456789abcdef" }), "running");
  });

  it("takes one that has ended but was not noted by its parent for gone", async () => {
    if (process.platform !== "linux") return assert.equal(await fate({}), "running");
    // The shell turns into a program that never asks after its child, which ends only then.
    const child = '(while [ "$(cat /proc/$$/comm)" = sh ]; do :; done)';
    const parent = spawn("sh", ["-c", `${child} & echo $!; exec sleep 60`]);
    try {
      const [line] = await once(parent.stdout, "data");
      const pid = Number(`${line}`);
      await until("it has ended", async () => await fate({ pid, start: "" }) !== "running");
      process.kill(pid, 0);
      assert.equal(await fate({ pid, start: "" }), "gone");
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("reads the same start twice where it has to ask ps", async (context) => {
    const [one, two] = [await lookWithPs(process.pid), await lookWithPs(process.pid)];
    if (one === undefined) return context.diagnostic("this system has no such ps");
    assert.deepEqual(one, two);
    assert.equal(one.ended, false);
    assert.ok(!Number.isNaN(Date.parse(one.start)), one.start);
    assert.equal(await lookWithPs(await deadPid()), undefined);
  });
});
