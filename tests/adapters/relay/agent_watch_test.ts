/**
 * Watching agents' folders, as the relay does where the user asks for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ChangingFolder } from "../../../core/agent.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import { AgentWatch } from "../../../adapters/relay/agent_watch.ts";
import type { WatchPath } from "../../../adapters/relay/watched_tree.ts";
import { withFolder } from "../state/temporary.ts";
import { START, World } from "./world.ts";

/** An agent that keeps its sessions in a folder, as far as it says. */
class FolderAgent extends MemoryAgent {
  folder: ChangingFolder | undefined;

  override async detect() {
    const detected = await super.detect();
    return { ...detected, ...(this.folder && { changing: [this.folder] }) };
  }
}

/** A watch with a clock and a system that are set by hand. */
function scene(path: string, more: Partial<ChangingFolder> = {}) {
  const agent = new FolderAgent();
  agent.folder = { path, isTree: true, ...more };
  const said: string[] = [];
  const listeners: (() => void)[] = [];
  let refusal: Error | undefined;
  const clock = { now: 0 };
  const watchPath: WatchPath = (_path, _options, listener) => {
    if (refusal) throw refusal;
    listeners.push(listener);
    return Object.assign(new EventEmitter() as never, { close() {} });
  };
  const outside = { now: () => clock.now, say: (line: string) => void said.push(line) };
  const watch = new AgentWatch({ ...outside, watch: watchPath, isRecursive: true });
  let stirs = 0;
  watch.listen(() => stirs++);
  return {
    ...{ agent, watch, said, listeners, clock },
    refuse: (error: Error | undefined) => refusal = error,
    look: () => watch.during([agent], () => Promise.resolve()),
    change: () => listeners.at(-1)?.(),
    get stirs() {
      return stirs;
    },
  };
}

describe("watching agents' folders", () => {
  it("calls for a look when all was quiet for a moment after a change, and at first for another one", () =>
    withFolder(async (path) => {
      const scene_ = scene(path);
      const { watch, clock, look, change } = scene_;
      await look();
      assert.deepEqual([watch.dueAt, scene_.stirs], [10_500, 1]);
      await look();
      assert.equal(watch.dueAt, Infinity);
      clock.now = 1_000;
      change();
      assert.deepEqual([watch.dueAt, scene_.stirs], [11_500, 2]);
      clock.now = 5_000;
      change();
      assert.deepEqual([watch.dueAt, scene_.stirs], [15_500, 2]);
      await look();
      assert.equal(watch.dueAt, Infinity);
    }));

  it("calls for a look after a minute though there are always further changes", () =>
    withFolder(async (path) => {
      const { watch, clock, look, change } = scene(path);
      await look();
      await look();
      for (; clock.now < 58_000; clock.now += 1_000) change();
      assert.equal(watch.dueAt, 60_000);
    }));

  it("does not take for a change what the look itself does, where reading does anything", () =>
    withFolder(async (path) => {
      const { watch, agent, clock, look, change } = scene(path, { isStirredByReading: true });
      await look();
      clock.now = 5_000;
      await watch.during([agent], () => Promise.resolve(change()));
      clock.now = 5_900;
      change();
      assert.equal(watch.dueAt, Infinity);
      clock.now = 6_100;
      change();
      assert.equal(watch.dueAt, 16_600);
    }));

  it("takes what happens during a look for a change otherwise", () =>
    withFolder(async (path) => {
      const { watch, agent, look, change } = scene(path);
      await look();
      await watch.during([agent], () => Promise.resolve(change()));
      assert.equal(watch.dueAt, 10_500);
    }));

  it("says once that a folder cannot be watched, and tries it again", () =>
    withFolder(async (path) => {
      const { said, look, refuse, listeners } = scene(path);
      refuse(new Error("ENOSPC: no more watches"));
      await look();
      await look();
      assert.deepEqual(said, [
        `cannot watch all of ${path} (ENOSPC: no more watches): it is looked through each minute`,
      ]);
      refuse(undefined);
      await look();
      assert.equal(listeners.length, 1);
    }));

  it("watches a folder as soon as it is there", () =>
    withFolder(async (path) => {
      const { look, listeners, said } = scene(join(path, "sessions"));
      await look();
      assert.deepEqual([listeners.length, said], [0, []]);
      await mkdir(join(path, "sessions"));
      await look();
      await look();
      assert.equal(listeners.length, 1);
    }));

  it("goes on without an agent that cannot be asked", () =>
    withFolder(async (path) => {
      const { agent, watch, listeners } = scene(path);
      const mute = new MemoryAgent();
      mute.detect = () => Promise.reject(new Error("mute"));
      assert.equal(await watch.during([mute, agent], () => Promise.resolve("looked")), "looked");
      assert.equal(listeners.length, 1);
    }));
});

describe("the relay with a watch", () => {
  it("archives what changed within a minute where nothing shows it", async () => {
    const { watch } = scene("/nowhere");
    const world = new World(["disk"], undefined, Infinity, false, watch);
    const createdAt = new Date(START + 100_000).toISOString();
    world.at(100_000, () => world.session("ses", { createdAt }), { quiet: true });
    world.at(300_000, () => world.stop.abort());
    await world.work();
    const [{ at }] = world.backends[0].puts;
    assert.ok(at > 110_000 && at < 190_000, `${at}`);
  });

  it("archives what changed as soon as it has settled, where that shows", () =>
    withFolder(async (path) => {
      const { agent, watch, clock, change } = scene(path);
      const world = new World(["disk"], undefined, Infinity, false, watch);
      world.agent.detect = () => agent.detect();
      const createdAt = new Date(START + 75_000).toISOString();
      world.at(75_000, () => {
        clock.now = 75_000;
        world.session("ses", { createdAt });
        change();
      }, { quiet: true });
      world.at(85_600, () => clock.now = 85_600, { quiet: true });
      world.at(300_000, () => world.stop.abort());
      await world.work();
      const [{ at }] = world.backends[0].puts;
      assert.ok(at > 85_000 && at < 90_000, `${at}`);
      assert.deepEqual(world.bugs, []);
    }));

  it("takes a session whose turn goes on for long after five minutes, and again after that", async () => {
    const { watch } = scene("/nowhere");
    const world = new World(["disk"], undefined, Infinity, false, watch);
    for (let ms = 2_000; ms < 15 * 60_000; ms += 5_000) {
      const createdAt = new Date(START + ms).toISOString();
      world.at(ms, () => world.session("ses", { createdAt, text: `at ${ms}` }), { quiet: true });
    }
    world.at(15 * 60_000, () => world.stop.abort());
    await world.work();
    const minutes = world.backends[0].puts.map(({ at }) => Math.floor(at / 60_000));
    assert.ok(minutes.length >= 2 && minutes[0] >= 5 && minutes[0] <= 7, `${minutes}`);
  });
});
