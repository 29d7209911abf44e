/**
 * What the relay does and when, in a world of memory with a clock of its own.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { ArchiveError } from "../../../core/errors.ts";
import { ARCHIVE_DEFAULTS } from "../../../adapters/config/defaults.ts";
import { keepRelay } from "../../../adapters/relay/tenure.ts";
import { START, World } from "./world.ts";

const NONE = { session: "", message: "" };
const KEY = (id: string) => `home_me_project/2026-01-31/${id}.json`;

describe("the relay", () => {
  it("archives a session half a second after it went idle, and then lingers", async () => {
    const world = new World();
    world.at(0, () => world.idle("one"));
    assert.equal(await world.work(), "idle");
    const [disk] = world.backends;
    assert.deepEqual(disk.puts.map(({ key }) => key), [KEY("one")]);
    assert.ok(disk.puts[0].at >= 500 && disk.puts[0].at <= 1_500, `${disk.puts[0].at}`);
    assert.deepEqual(world.intents, []);
    assert.ok(world.elapsed >= 30_000 && world.elapsed < 35_000, `${world.elapsed}`);
    assert.ok(world.log.some((line) => /^archived one on disk/.test(line)), `${world.log}`);
    assert.deepEqual(world.bugs, []);
    assert.equal(world.open, 0);
  });

  it("waits the interval before it archives a session again, and then takes its last state", async () => {
    const world = new World();
    world.idle("one", "first");
    for (const at of [2_000, 4_000, 6_000]) world.at(at, () => world.idle("one", `at ${at}`));
    await world.work();
    const [disk] = world.backends;
    assert.equal(disk.puts.length, 2);
    const gap = disk.puts[1].at - disk.puts[0].at;
    assert.ok(gap >= 10_000 && gap < 11_500, `${gap}`);
    assert.match(await textOf(world, KEY("one")), /at 6000/);
    assert.deepEqual(world.intents, []);
  });

  it("lets a large session wait longer", async () => {
    const world = new World();
    world.idle("one", "x".repeat(4_000_000));
    world.at(2_000, () => world.idle("one", "y".repeat(4_000_000)));
    await world.work();
    const [first, second] = world.backends[0].puts;
    assert.ok(second.at - first.at >= 20_000, `${second.at - first.at}`);
  });

  it("does not wait for the interval where an intent says now", async () => {
    const world = new World();
    world.idle("one", "first");
    world.at(2_000, () => world.idle("one", "second", true));
    await world.work();
    const [first, second] = world.backends[0].puts;
    assert.ok(second.at - first.at < 3_500, `${second.at - first.at}`);
  });

  it("waits the interval again once what an intent wanted now is done", async () => {
    const world = new World();
    world.backends[0].takesMs = 3_000;
    world.idle("one", "first", true);
    world.at(1_500, () => world.idle("one", "second"));
    await world.work();
    const [first, second] = world.backends[0].puts;
    assert.ok(second.at - first.at >= 10_000, `${second.at - first.at}`);
  });

  it("lets a session settle unless an intent wants it now", async () => {
    const world = new World();
    world.backends[0].takesMs = 0;
    world.idle("now", "hello", true);
    world.idle("later");
    await world.work();
    const after = world.backends[0].puts.map(({ at }) => at);
    assert.ok(after[0] < 100 && after[1] >= 500, `${after}`);
  });

  it("says of an intent once that it cannot be read for now, and reads it when it can", async () => {
    const world = new World();
    world.session("one");
    world.unread = [world.intent("one")];
    world.at(15_000, () => world.unread = []);
    await world.work();
    assert.equal(world.log.filter((line) => line.includes("cannot be read for now")).length, 1);
    assert.equal(world.backends[0].puts.length, 1);
    assert.deepEqual(world.intents, []);
  });

  it("sends several sessions at once", async () => {
    const world = new World();
    world.backends[0].takesMs = 5_000;
    for (const id of ["a", "b", "c", "d"]) world.idle(id);
    await world.work();
    const { puts } = world.backends[0];
    assert.equal(puts.length, 4);
    assert.ok(puts[3].at - puts[0].at < 1_000, JSON.stringify(puts));
  });

  it("keeps an intent that came while the session was being sent, and sends it again", async () => {
    const world = new World();
    world.config = { ...world.config, minIntervalMs: 0 };
    world.backends[0].takesMs = 3_000;
    world.idle("one", "first");
    world.at(2_000, () => world.idle("one", "second"));
    await world.work();
    assert.equal(world.backends[0].puts.length, 2);
    assert.match(await textOf(world, KEY("one")), /second/);
    assert.deepEqual(world.intents, []);
  });

  it("uploads nothing where nothing changed, and removes the intent all the same", async () => {
    const world = new World();
    world.idle("one");
    world.at(20_000, () => world.intent("one"));
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.deepEqual(world.intents, []);
  });

  it("drops a session that its store no longer has, and says so", async () => {
    const world = new World();
    world.intent("gone");
    await world.work();
    assert.deepEqual(world.intents, []);
    assert.ok(world.log.some((line) => /^left gone alone: it is no longer in memory:/.test(line)));
  });

  it("drops a session that the rules keep on this machine, and says so", async () => {
    const world = new World();
    world.rules = [{ match: ["/home/me/private/**"], backends: [] }];
    world.session("secret", { project: "/home/me/private/x" });
    world.intent("secret");
    await world.work();
    assert.deepEqual(world.intents, []);
    assert.deepEqual(world.backends[0].tries, []);
    assert.ok(world.log.some((line) => /^left secret alone: the rules/.test(line)), `${world.log}`);
  });

  it("keeps intents of a store that does not open, and takes them when it does", async () => {
    const world = new World();
    const { sessions } = world.agent;
    let opens = false;
    world.agent.sessions = (filter) => {
      if (opens) return sessions.call(world.agent, filter);
      throw new ArchiveError("Timeout", "memory: is locked by another program");
    };
    world.idle("one");
    world.at(30_000, () => opens = true);
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.ok(world.log.some((line) => /one waits for disk: memory: is locked/.test(line)));
    assert.deepEqual(world.intents, []);
  });

  it("tells of the first success before its intent is gone", async () => {
    const world = new World();
    world.idle("one");
    const statuses: (string | undefined)[] = [];
    world.beforeRemove = () => statuses.push(world.statuses.at(-1)?.firstSuccess);
    await world.work();
    assert.equal(statuses.length, 1);
    assert.ok(statuses[0]);
  });

  it("tells within a moment of a change that follows another one at once", async () => {
    const world = new World(["disk", "minio"]);
    const [disk, minio] = world.backends;
    [disk.takesMs, minio.takesMs] = [100, 200];
    world.idle("one");
    let successes = 0;
    world.at(500 + 200 + 300, () => {
      successes = Object.values(world.status.backends).filter((one) => one.lastSuccess).length;
    });
    await world.work();
    assert.equal(successes, 2);
  });
});

describe("the relay and failing backends", () => {
  it("tries a session again, later and later, until the backend takes it", async () => {
    const world = new World();
    world.backends[0].mood = "refuses";
    world.idle("one");
    world.at(300_000, () => world.backends[0].mood = "works");
    assert.equal(await world.work(), "idle");
    const [disk] = world.backends;
    assert.equal(disk.puts.length, 1);
    assert.deepEqual(world.intents, []);
    assert.equal(world.status.backends.disk.failing, false);
    assert.ok(world.log.includes("disk works again"), `${world.log}`);
  });

  it("does not let a dead one hold up the other, and tries it again a minute later", async () => {
    const world = new World(["good", "dead"]);
    const [good, dead] = world.backends;
    dead.mood = "hangs";
    const ids = Array.from({ length: 12 }, (_, index) => `s${index}`);
    for (const id of ids) world.idle(id);
    world.at(100_000, () => world.idle("later"));
    world.at(900_000, () => dead.mood = "works");
    assert.equal(await world.work(), "idle");
    assert.ok(good.puts.slice(0, 12).every(({ at }) => at < 2_000), JSON.stringify(good.puts));
    const later = good.puts.find(({ key }) => key === KEY("later"));
    assert.ok(later && later.at < 102_000, JSON.stringify(later));
    assert.equal(dead.puts.length, 13);
    const tries = dead.tries.filter((at) => at < 900_000);
    // The first four at once; then one at a time, a minute after the one before has failed.
    const probes = tries.slice(4);
    assert.ok(probes.length >= 2 && probes.length <= 8, JSON.stringify(tries));
    for (const [index, at] of probes.entries()) {
      assert.ok(index === 0 || at - probes[index - 1] >= 120_000, JSON.stringify(tries));
    }
    assert.deepEqual(world.intents, []);
  });

  it("tells in the status what fails, since when, and when it is tried again", async () => {
    const world = new World(["good", "dead"]);
    world.backends[1].mood = "refuses";
    for (const id of ["a", "b", "c", "d"]) world.idle(id);
    world.at(20_000, () => world.stop.abort());
    assert.equal(await world.work(), "stopped");
    const { backends, waiting, firstSuccess, config } = world.status;
    assert.equal(waiting, 4);
    assert.equal(backends.good.failing, false);
    assert.match(backends.good.lastSuccess?.key ?? "", /\.json$/);
    assert.equal(backends.dead.failing, true);
    assert.equal(backends.dead.lastFailure?.code, "Transient");
    assert.equal(backends.dead.lastFailure?.message, "dead is dead");
    assert.equal(backends.dead.lastSuccess, undefined);
    const { nextTryAt = "", lastFailure } = backends.dead;
    assert.ok(Date.parse(nextTryAt) - Date.parse(lastFailure?.at ?? "") >= 60_000);
    assert.equal(firstSuccess, backends.good.lastSuccess?.at);
    assert.deepEqual(config, {
      path: "/home/me/config.yaml",
      stamp: "1",
      auto: true,
      waitOnExitMs: 4_000,
    });
    assert.equal(world.intents.length, 4);
  });

  it("takes a backend's failures for its own also where they do not name it", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.isAnonymous = true;
    disk.mood = "refuses";
    for (const id of ["a", "b", "c", "d", "e", "f"]) world.idle(id);
    world.at(100_000, () => disk.mood = "works");
    assert.equal(await world.work(), "idle");
    assert.equal(disk.puts.length, 6);
    assert.ok(world.elapsed < 400_000, `${world.elapsed}`);
  });

  it("does not take what broke off by itself for what it has stopped", async () => {
    const world = new World();
    const [disk] = world.backends;
    let tries = 0;
    disk.put = () => {
      if (++tries === 30) world.stop.abort();
      return Promise.reject(new DOMException("the connection was cut", "AbortError"));
    };
    world.idle("one");
    world.at(600_000, () => world.stop.abort());
    await world.work();
    assert.ok(tries > 1 && tries < 30, `${tries} tries in ten minutes`);
    assert.match(world.log.join("\n"), /one waits for disk: .*the connection was cut/);
  });

  it("leaves a backend alone that is hindered, says why once, and goes on", async () => {
    const world = new World();
    let hindrance: string | undefined = "less than 5 % of its disk is free";
    world.hindranceOf = () => hindrance;
    world.idle("one");
    world.at(150_000, () => hindrance = undefined);
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.ok(world.backends[0].puts[0].at >= 150_000);
    assert.deepEqual(world.log.filter((line) => line.includes("5 %")), [
      "disk waits: less than 5 % of its disk is free",
    ]);
  });

  it("does not let one whose disk never answers hold up the other, or a command", async () => {
    const world = new World(["silent", "good"]);
    world.hindranceOf = (name) => name === "silent" ? new Promise(() => {}) : undefined;
    world.idle("one");
    world.at(5_000, () => world.asked = true);
    assert.equal(await world.work(), "stuck");
    assert.equal(world.backends[1].puts.length, 1);
    assert.ok(world.elapsed < 30_000, `${world.elapsed}`);
    assert.equal(world.intents.length, 1);
  });

  it("keeps what is known of the backends from one process to the next", async () => {
    const first = new World();
    first.idle("one");
    await first.work();
    const second = new World(["disk"], first.status);
    await second.work();
    assert.equal(second.status.firstSuccess, first.status.firstSuccess);
  });

  it("ends after a day in which nothing got through, and leaves the intents", async () => {
    const world = new World();
    world.step = 60_000;
    world.backends[0].mood = "refuses";
    world.idle("one");
    let retaken = 0;
    await keepRelay(world.relay, {
      take: () => Promise.resolve(retaken++ === 0 ? world.hold() : undefined),
      names: () => Promise.resolve(world.intents),
    });
    assert.equal(retaken, 1);
    assert.equal(world.intents.length, 1);
    const hours = world.elapsed / 3_600_000;
    assert.ok(hours >= 24 && hours < 25, `${hours}`);
  });

  it("brings what has waited for longer than a day, where it is there for others", async () => {
    const world = new World();
    world.step = 60_000;
    world.backends[0].mood = "refuses";
    world.idle("old");
    for (const hour of [12, 24]) world.at(hour * 3_600_000, () => world.idle(`at ${hour}`));
    world.at(30 * 3_600_000, () => world.backends[0].mood = "works");
    assert.equal(await world.work(), "idle");
    assert.deepEqual(world.intents, []);
    assert.equal(world.backends[0].puts.length, 3);
  });
});

describe("the relay and sessions with which something is wrong", () => {
  it("parks the one that a backend finds fault with, after one more try, and tells of that", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.dislikes = "/huge.";
    world.idle("huge");
    world.at(10_000, () => {
      const { backends, waiting, stuck, parked } = world.status;
      assert.equal(backends.disk.failing, false);
      assert.equal(backends.disk.lastFailure, undefined);
      assert.equal(backends.disk.waiting, 0);
      assert.equal(waiting, 1);
      assert.equal(stuck, undefined);
      const [{ since = "", ...told } = {}] = parked?.list ?? [];
      assert.ok(Date.parse(since) >= START, since);
      assert.deepEqual(told, {
        agent: "memory",
        session: "huge",
        backend: "disk",
        code: "Invalid",
        message: `${KEY("huge")} is too large`,
      });
      assert.equal(parked?.sessions, 1);
      world.idle("fine");
    });
    assert.equal(await world.work(), "idle");
    assert.deepEqual(disk.puts.map(({ key }) => key), [KEY("fine")]);
    assert.ok(disk.puts[0].at < 11_500, `${disk.puts[0].at}`);
    assert.equal(disk.tries.length, 2 + 1);
    assert.ok(world.elapsed < 60_000, "it is nothing to stay for");
    assert.ok(
      world.log.includes(
        `huge is not brought to disk until it changes: ${KEY("huge")} is too large`,
      ),
      `${world.log}`,
    );
    assert.equal(world.intents.length, 1);
  });

  it("tries one that it has parked again when it changes, and keeps since when it is", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.dislikes = "/huge.";
    world.idle("huge");
    let since: string | undefined;
    world.at(20_000, () => {
      assert.equal(disk.tries.length, 2);
      since = world.status.parked?.list[0].since;
      world.idle("huge", "another text");
    });
    world.at(30_000, () => {
      assert.equal(disk.tries.length, 3);
      assert.equal(world.status.parked?.list[0].since, since);
      disk.dislikes = undefined;
      world.idle("huge", "a third text");
    });
    await world.work();
    assert.deepEqual(disk.puts.map(({ key }) => key), [KEY("huge")]);
    assert.equal(world.status.parked, undefined);
    assert.deepEqual(world.intents, []);
  });

  it("tries one that it has parked again when the configuration changes", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.dislikes = "/huge.";
    world.idle("huge");
    world.at(10_000, () => {
      disk.dislikes = undefined;
      world.stamp = "2";
    });
    await world.work();
    assert.deepEqual(disk.puts.map(({ key }) => key), [KEY("huge")]);
    assert.deepEqual(world.intents, []);
  });

  it("tries one that another relay had parked once more, and remembers since when it is", async () => {
    const first = new World();
    first.backends[0].dislikes = "/huge.";
    first.idle("huge");
    await first.work();
    const second = new World(["disk"], first.status);
    second.clockSet = 3_600_000;
    second.backends[0].dislikes = "/huge.";
    second.idle("huge");
    await second.work();
    assert.equal(second.backends[0].tries.length, 2);
    assert.deepEqual(second.status.parked, first.status.parked);
  });

  it("tells of no more than the newest fifty that it has parked", async () => {
    const world = new World();
    world.backends[0].dislikes = "/huge";
    for (let at = 0; at < 60; at++) world.at(at * 1_000, () => world.idle(`huge${at}`));
    await world.work();
    const { sessions, list } = world.status.parked ?? { sessions: 0, list: [] };
    assert.deepEqual([sessions, list.length, list[0].session], [60, 50, "huge59"]);
  });

  it("does not blame a backend for the one that it cannot read", async () => {
    const world = new World();
    const load = world.agent.load.bind(world.agent);
    world.agent.load = async (session) => {
      if (session.id === "odd") throw new TypeError("no such field");
      return await load(session);
    };
    world.idle("odd");
    world.idle("fine");
    world.at(20_000, () => world.stop.abort());
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [KEY("fine")]);
    assert.equal(world.status.backends.disk.failing, false);
    assert.equal(world.status.waiting, 1);
    const [{ session, message } = NONE] = world.status.parked?.list ?? [];
    assert.deepEqual([session, message], ["odd", "TypeError: no such field"]);
  });

  it("goes on trying what somebody may mend without its knowing", async () => {
    const world = new World();
    const { sessions } = world.agent;
    let opens = false;
    world.agent.sessions = (filter) => {
      if (opens) return sessions.call(world.agent, filter);
      throw new ArchiveError("Unauthorized", "memory: may not be read by this user");
    };
    world.idle("one");
    world.at(60_000, () => {
      assert.match(world.status.stuck?.last.message ?? "", /may not be read/);
      assert.equal(world.status.parked, undefined);
      opens = true;
    });
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
  });

  it("knows a backend again as living that finds fault with a session", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.mood = "refuses";
    disk.dislikes = "/huge.";
    world.idle("huge");
    world.at(5_000, () => {
      assert.equal(world.status.backends.disk.failing, true);
      disk.mood = "works";
    });
    world.at(200_000, () => world.stop.abort());
    await world.work();
    assert.equal(world.status.backends.disk.failing, false);
    assert.equal(world.status.parked?.sessions, 1);
  });

  it("tells of a store that does not open, once it has not for some time", async () => {
    const world = new World();
    const { sessions } = world.agent;
    let opens = false;
    let looks = 0;
    world.agent.sessions = (filter) => {
      if (opens) return sessions.call(world.agent, filter);
      if (filter?.ids) looks++;
      throw new ArchiveError("Timeout", "memory: is locked by another program");
    };
    world.idle("one");
    const told: (number | undefined)[] = [];
    for (let at = 100; at < 30_000; at += 100) {
      world.at(at, () => told[looks] ??= world.statuses.at(-1)?.stuck?.sessions);
    }
    world.at(30_000, () => {
      assert.match(world.status.stuck?.last.message ?? "", /^memory: is locked/);
      assert.equal(world.status.backends.disk.failing, false);
      opens = true;
    });
    await world.work();
    assert.deepEqual([told[1], told[2]], [undefined, undefined]);
    assert.equal(told[4], 1);
    assert.equal(world.status.stuck, undefined);
    assert.equal(world.backends[0].puts.length, 1);
  });
});

describe("the relay and what only somebody can mend", () => {
  const STAY = 35_000;

  it("does not stay for a wrong configuration", async () => {
    const world = new World();
    world.problem = new ArchiveError("Invalid", "the variable SECRET is not set");
    world.idle("one");
    world.at(10_000, () => world.idle("two"));
    assert.equal(await world.work(), "idle");
    assert.ok(world.elapsed >= 30_000 && world.elapsed < STAY, `${world.elapsed}`);
    assert.equal(world.intents.length, 2);
    assert.equal(world.status.waiting, 2);
  });

  it("does not stay for a backend that refuses who asks, whatever comes meanwhile", async () => {
    const world = new World();
    world.backends[0].mood = "forbids";
    for (let at = 0; at < 300_000; at += 10_000) world.at(at, () => world.idle(`at ${at}`));
    assert.equal(await world.work(), "idle");
    assert.ok(world.elapsed >= 30_000 && world.elapsed < STAY + 5_000, `${world.elapsed}`);
    assert.equal(world.status.backends.disk.lastFailure?.code, "Unauthorized");
    assert.ok(world.intents.length > 0);
  });

  it("does not stay for a backend that cannot be opened", async () => {
    const world = new World();
    world.unusable = new ArchiveError("Invalid", "no profile of that name", { backend: "disk" });
    world.idle("one");
    assert.equal(await world.work(), "idle");
    assert.ok(world.elapsed >= 30_000 && world.elapsed < STAY, `${world.elapsed}`);
    assert.equal(world.intents.length, 1);
  });

  it("stays for the other backends, and takes up what was mended meanwhile", async () => {
    const world = new World(["good", "closed"]);
    const [good, closed] = world.backends;
    closed.mood = "forbids";
    good.mood = "refuses";
    world.files = { "/home/me/.aws/credentials": "1" };
    world.idle("one");
    world.at(20 * 60_000, () => {
      closed.mood = good.mood = "works";
      world.files = { "/home/me/.aws/credentials": "2" };
    });
    assert.equal(await world.work(), "idle");
    assert.equal(good.puts.length, 1);
    assert.equal(closed.puts.length, 1);
    assert.deepEqual(world.intents, []);
  });
});

describe("the relay and a backend that refuses who asks", () => {
  const HOUR = 3_600_000;
  const FILE = "/home/me/.aws/sso/cache/1.json";

  /** Stays for whatever may come. */
  function patient(mood: "forbids" | "denies" = "forbids"): World {
    const world = new World(["disk"], undefined, 3 * HOUR);
    world.backends[0].mood = mood;
    world.files = { [FILE]: "1" };
    return world;
  }

  for (const [mood, ms] of [["forbids", HOUR], ["denies", HOUR / 4]] as const) {
    it(`leaves it alone for ${ms / 60_000} min and says so, where it ${mood} it`, async () => {
      const world = patient(mood);
      const [disk] = world.backends;
      for (const id of ["a", "b", "c", "d"]) world.idle(id);
      world.at(20_000, () => {
        const { pause, nextTryAt, failing, waiting } = world.status.backends.disk;
        assert.deepEqual([failing, waiting], [true, 4]);
        assert.deepEqual(pause, { until: nextTryAt, files: { [FILE]: "1" } });
        const until = Date.parse(nextTryAt ?? "") - START;
        assert.ok(until >= ms && until < ms + 20_000, `${until}`);
      });
      world.at(ms / 2, () => {
        assert.ok(disk.tries.length <= 4, `${disk.tries}`);
        disk.mood = "works";
      });
      await world.work();
      assert.ok(disk.puts[0].at >= ms && disk.puts[0].at < ms + 20_000, `${disk.puts[0].at}`);
      assert.equal(disk.puts.length, 4);
      assert.equal(world.status.backends.disk.pause, undefined);
      assert.deepEqual(world.intents, []);
    });
  }

  for (const [mood, times] of [["forbids", 2], ["denies", 9]] as const) {
    it(`asks it with one session at a time as long as it ${mood} it`, async () => {
      const world = patient(mood);
      const [disk] = world.backends;
      const asked: number[] = [];
      const { head, put } = disk;
      // Which comes first depends on what is known of the session.
      disk.head = (...how) => (asked.push(world.elapsed), head.apply(disk, how));
      disk.put = (...how) => (asked.push(world.elapsed), put.apply(disk, how));
      for (const id of ["a", "b", "c", "d"]) world.idle(id);
      world.at(2.5 * HOUR, () => world.stop.abort());
      await world.work();
      assert.equal(asked.filter((at) => at > 60_000).length, times, `${asked}`);
    });
  }

  it("is not kept from others by sessions that it alone refuses, which are parked", async () => {
    const world = new World(["disk"], undefined, HOUR / 2);
    const [disk] = world.backends;
    disk.protects = "/kept-";
    for (const id of ["kept-1", "kept-2", "kept-3"]) world.idle(id);
    world.at(60_000, () => world.idle("other"));
    await world.work();
    assert.deepEqual(disk.puts.map(({ key }) => key.split("/").at(-1)), ["other.json"]);
    assert.ok(disk.puts[0].at < HOUR / 3, `${disk.puts[0].at}`);
    const { backends, parked } = world.status;
    assert.deepEqual([backends.disk.failing, backends.disk.pause], [false, undefined]);
    assert.equal(parked?.sessions, 3);

    const next = new World(["disk"], world.status);
    next.backends[0].protects = "/kept-";
    for (const id of ["kept-1", "kept-2", "kept-3"]) next.idle(id);
    next.at(5_000, () => next.idle("another"));
    await next.work();
    assert.ok(next.backends[0].puts[0].at < 10_000, "they are known from the status");
    assert.equal(next.status.parked?.sessions, 3);
  });

  it("tries it within a minute of a change of what its credentials come from", async () => {
    const world = patient();
    const [disk] = world.backends;
    world.idle("one");
    world.at(30 * 60_000, () => {
      assert.ok(world.looks <= 31, `looked ${world.looks} times`);
      disk.mood = "works";
      world.files = { [FILE]: "2" };
    }, { quiet: true });
    await world.work();
    const [{ at }] = disk.puts;
    assert.ok(at > 30 * 60_000 && at <= 31.1 * 60_000, `${at}`);
    assert.equal(world.opened, 2, "what was read before must not be gone by");
  });

  it("tries it at once when somebody asks, and is none the wiser for an intent", async () => {
    const world = patient();
    const [disk] = world.backends;
    world.idle("one");
    world.at(5 * 60_000, () => world.idle("two"));
    world.at(10 * 60_000, () => {
      assert.ok(disk.tries.length <= 3, `${disk.tries}`);
      disk.mood = "works";
      world.idle("one", "hello again", true);
    });
    await world.work();
    assert.ok(disk.puts[0].at < 10 * 60_000 + 2_000, `${disk.puts[0].at}`);
    assert.deepEqual(world.intents, []);
  });

  it("tries it at once when the configuration changes", async () => {
    const world = patient();
    const [disk] = world.backends;
    world.idle("one");
    world.at(10 * 60_000, () => {
      disk.mood = "works";
      world.stamp = "2";
    });
    await world.work();
    assert.ok(disk.puts[0].at < 10 * 60_000 + 2_000, `${disk.puts[0].at}`);
  });

  it("does not try another sooner that is dead when it opens it again", async () => {
    const world = new World(["closed", "dead"], undefined, 3 * HOUR);
    const [closed, dead] = world.backends;
    closed.mood = "denies";
    dead.mood = "refuses";
    world.files = { [FILE]: "1" };
    world.idle("one");
    for (let at = 60_000; at < HOUR; at += 60_000) {
      world.at(at, () => world.files = { [FILE]: `${at}` });
    }
    world.at(HOUR, () => world.stop.abort());
    await world.work();
    // It is looked at once a minute, and a file changes each minute.
    assert.ok(closed.tries.length > 25, `${closed.tries}`);
    assert.ok(dead.tries.length < 20, `${dead.tries}`);
  });
});

describe("the relay and a backend that asks for a pause", () => {
  it("does not try it before that is over", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.mood = "throttles";
    disk.retryAfterMs = 200_000;
    world.idle("one");
    world.at(100_000, () => {
      const { nextTryAt = "" } = world.status.backends.disk;
      assert.ok(Date.parse(nextTryAt) - START >= 200_000, nextTryAt);
      world.idle("two", "hello", true);
    });
    world.at(300_000, () => disk.mood = "works");
    await world.work();
    const gaps = disk.tries.slice(1).map((at, index) => at - disk.tries[index]);
    assert.ok(gaps.every((gap) => gap < 1_000 || gap >= 200_000), `${disk.tries}`);
    assert.equal(gaps.filter((gap) => gap >= 200_000).length, 2);
    assert.equal(disk.puts.length, 2);
  });

  it("takes what was on its way for no leave to go on", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.takesMs = 3_000;
    world.idle("slow");
    world.at(1_000, () => {
      disk.takesMs = 0;
      disk.mood = "throttles";
      disk.retryAfterMs = 100_000;
      world.idle("asked", "hello", true);
    });
    world.at(3_000, () => disk.mood = "works");
    world.at(4_000, () => {
      assert.deepEqual(disk.puts.map(({ key }) => key), [KEY("slow")]);
      world.idle("late");
    });
    await world.work();
    const late = disk.puts.find(({ key }) => key === KEY("late"));
    assert.ok(late && late.at >= 100_000, JSON.stringify(disk.puts));
  });

  it("waits no longer than a quarter of an hour whatever it asks", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.mood = "throttles";
    disk.retryAfterMs = 10 * 3_600_000;
    world.idle("one");
    world.at(60_000, () => disk.mood = "works");
    await world.work();
    const [{ at }] = disk.puts;
    assert.ok(at >= 900_000 && at < 920_000, `${at}`);
  });
});

describe("the lag of each backend", () => {
  it("is told, with since when the oldest waits", async () => {
    const world = new World(["good", "dead"]);
    world.backends[1].mood = "hangs";
    world.at(1_000, () => world.idle("one"));
    world.at(30_000, () => world.idle("two"));
    // An agent replaces its own intents; what it lacks since then it still lacks.
    world.at(60_000, () => {
      for (const name of world.intents) world.forget(name);
      world.idle("one", "changed");
    });
    world.at(100_000, () => {
      const { good, dead } = world.status.backends;
      assert.deepEqual([good.waiting, good.waitingSince], [0, undefined]);
      assert.equal(dead.waiting, 2);
      assert.equal(dead.waitingSince, new Date(START + 1_000).toISOString());
      world.stop.abort();
    });
    await world.work();
    const { dead } = world.status.backends;
    const second = new World(["good", "dead"], world.status);
    second.backends[1].mood = "hangs";
    second.clockSet = 3_600_000;
    second.idle("one", "changed once more");
    second.at(20_000, () => second.stop.abort());
    await second.work();
    assert.equal(second.status.backends.dead.waitingSince, dead.waitingSince);
  });

  it("does not count what its rule takes elsewhere, which is done in time", async () => {
    const world = new World(["good", "dead"]);
    world.backends[1].mood = "forbids";
    world.rules = [{ match: ["/home/me/own/**"], backends: ["good"] }];
    world.idle("both");
    world.session("own", { project: "/home/me/own" });
    world.at(20_000, () => world.intent("own"));
    world.at(25_000, () => {
      assert.deepEqual(world.intents.map((name) => name.slice(0, 4)), ["both"]);
      assert.equal(world.status.backends.dead.waiting, 1);
    });
    await world.work();
  });

  it("is its own: one that is dead delays no other, with 500 sessions", async () => {
    const world = new World(["good", "dead"]);
    const [good, dead] = world.backends;
    good.takesMs = 100;
    dead.mood = "hangs";
    for (let one = 0; one < 500; one++) world.idle(`s${one}`);
    world.at(60_000, () => {
      assert.deepEqual([good.puts.length, dead.puts.length], [500, 0]);
      assert.deepEqual(world.status.backends.good.waiting, 0);
      assert.deepEqual(world.status.backends.dead.waiting, 500);
      dead.mood = "works";
    });
    assert.equal(await world.work(), "idle");
    assert.ok(good.puts[499].at <= 500 / 4 * 100 + 2_000, `${good.puts[499].at}`);
    assert.equal(dead.puts.length, 500);
    assert.deepEqual(world.intents, []);
  });
});

describe("the order of what waits", () => {
  it("is: what somebody waits for, what went idle last, what was found, the oldest first", async () => {
    const world = new World();
    const [disk] = world.backends;
    // Until it has been looked for what nobody told of once more.
    disk.takesMs = 360_000;
    world.config = { ...world.config, history: true };
    const busy = ["w", "x", "y", "z"];
    for (const id of busy) world.idle(id);
    world.at(30_000, () => {
      disk.takesMs = 20;
      for (const days of [3, 9, 6]) {
        const createdAt = new Date(START - days * 86_400_000).toISOString();
        world.session(`found${days}`, { createdAt });
      }
    });
    world.at(40_000, () => world.idle("older"));
    world.at(50_000, () => world.idle("old"));
    world.at(60_000, () => world.idle("urgent", "hello", true));
    world.at(70_000, () => world.idle("new"));
    await world.work();
    const order = disk.puts.map(({ key }) => /(\w+)\.json$/.exec(key)?.[1] ?? key)
      .filter((id) => !busy.includes(id));
    assert.deepEqual(order, ["urgent", "new", "old", "older", "found9", "found6", "found3"]);
  });

  it("lets 500 old sessions hold up no fresh one", async () => {
    const world = new World();
    const [disk] = world.backends;
    disk.takesMs = 1_000;
    for (let one = 0; one < 500; one++) world.idle(`old${one}`);
    world.at(20_000, () => world.idle("fresh"));
    await world.work();
    const fresh = disk.puts.find(({ key }) => key === KEY("fresh"));
    assert.ok(fresh && fresh.at <= 23_000, JSON.stringify(fresh));
    assert.equal(disk.puts.length, 501);
  });
});

describe("the relay and a wall clock that is set", () => {
  const DAY = 24 * 3_600_000;

  for (const [how, change] of [["back", -DAY], ["on", DAY]] as const) {
    it(`waits no longer and no shorter for one that is set ${how} a day`, async () => {
      const world = new World();
      world.idle("one", "first");
      world.at(2_000, () => {
        assert.equal(world.backends[0].puts.length, 1);
        world.clockSet = change;
        world.idle("one", "second");
      });
      assert.equal(await world.work(), "idle");
      const [first, second] = world.backends[0].puts;
      const gap = second.at - first.at;
      assert.ok(gap >= 10_000 && gap < 12_500, `${gap}`);
      assert.ok(world.elapsed < second.at + 35_000, `${world.elapsed}`);
      const { lastSuccess } = world.status.backends.disk;
      assert.equal(Date.parse(lastSuccess?.at ?? ""), START + change + second.at);
    });

    it(`tries again at the same time after failures when it is set ${how} a day`, async () => {
      const world = new World();
      world.backends[0].mood = "refuses";
      for (const id of ["a", "b", "c", "d"]) world.idle(id);
      world.at(5_000, () => world.clockSet = change);
      world.at(30_000, () => world.backends[0].mood = "works");
      assert.equal(await world.work(), "idle");
      assert.deepEqual(world.intents, []);
      assert.ok(world.backends[0].puts[0].at < 130_000, `${world.backends[0].puts[0].at}`);
    });

    it(`settles a session of before it was set ${how}`, async () => {
      const world = new World();
      world.idle("one");
      world.clockSet = change;
      await world.work();
      assert.ok(world.backends[0].puts[0].at < 2_500, `${world.backends[0].puts[0].at}`);
    });
  }
});

describe("the relay's rest", () => {
  it("wakes seldom while nothing waits, and sees what comes", async () => {
    const world = new World(["disk"], undefined, 600_000);
    world.at(300_000, () => world.idle("one"));
    await world.work();
    assert.ok(world.pauses <= 25, `${world.pauses}`);
    assert.ok(world.backends[0].puts[0].at < 302_000, `${world.backends[0].puts[0].at}`);
  });

  it("ends on time", async () => {
    const world = new World(["disk"], undefined, 1_000);
    await world.work();
    assert.equal(world.elapsed, 1_000);
  });

  it("ends as soon as the last session may be sent again", async () => {
    const world = new World(["disk"], undefined, 1_000);
    world.config = { ...ARCHIVE_DEFAULTS, minIntervalMs: 15_000 };
    world.idle("one");
    await world.work();
    assert.equal(world.elapsed, world.backends[0].puts[0].at + 15_000);
  });

  it("is over soon when somebody took the lock, though nobody says so", async () => {
    const world = new World(["disk"], undefined, 600_000);
    world.at(30_000, () => world.held = false, { quiet: true });
    assert.equal(await world.work(), "lost");
    assert.ok(world.elapsed <= 61_000, `${world.elapsed}`);
  });

  it("is shorter at first while something waits for a changed configuration, of which nobody tells", async () => {
    const world = new World();
    world.backends[0].mood = "refuses";
    for (const id of ["a", "b", "c"]) world.idle(id);
    world.at(20_000, () => {
      world.backends[0].mood = "works";
      world.stamp = "2";
    }, { quiet: true });
    await world.work();
    assert.ok(world.backends[0].puts[0].at <= 22_500, `${world.backends[0].puts[0].at}`);
  });

  it("is no shorter than a minute while it only waits for a dead backend", async () => {
    const world = new World();
    world.backends[0].mood = "refuses";
    world.idle("one");
    const HOUR = 3_600_000;
    let before = 0;
    world.at(HOUR, () => before = world.pauses, { quiet: true });
    world.at(2 * HOUR, () => world.stop.abort());
    await world.work();
    const { lastFailure } = world.status.backends.disk;
    assert.ok(Date.parse(lastFailure?.at ?? "") > START + 1.5 * HOUR, "it is tried all the time");
    // An hour's looks, and some tries that begin and end in between.
    assert.ok(world.pauses - before <= 80, `${world.pauses - before}`);
  });
});

describe("the relay and its configuration", () => {
  it("keeps sessions waiting while it is wrong, says why, and goes on when it is right", async () => {
    const world = new World();
    world.problem = new ArchiveError("Invalid", "/home/me/config.yaml has 2 problems:\n  a\n  b");
    world.idle("one");
    world.at(20_000, () => {
      assert.equal(
        world.status.config.problem,
        "/home/me/config.yaml has 2 problems: a; b",
      );
      assert.equal(world.status.waiting, 1);
      assert.ok(world.opened < 4, `${world.opened}`);
      world.problem = undefined;
      world.stamp = "2";
    });
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.equal(world.status.config.problem, undefined);
    assert.equal(world.status.config.stamp, "2");
    assert.deepEqual(world.bugs, []);
  });

  it("tries one again as it is that could not be used, since its surroundings may be mended", async () => {
    const world = new World();
    world.problem = new ArchiveError("Unauthorized", "/home/me/config.yaml cannot be read");
    world.idle("one");
    world.at(15_000, () => world.problem = undefined);
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.deepEqual(world.log.filter((line) => line.startsWith("all sessions wait")), [
      "all sessions wait: /home/me/config.yaml cannot be read",
    ]);
  });

  it("goes by new rules from the next session on, and lets go of the old ones", async () => {
    const world = new World(["disk"]);
    world.idle("one");
    world.at(5_000, () => {
      world.rules = [{ match: ["/home/me/**"], backends: [] }];
      world.stamp = "2";
      world.idle("two");
    });
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [KEY("one")]);
    assert.deepEqual(world.intents, []);
    assert.equal(world.opened, 2);
    assert.equal(world.open, 0);
  });

  it("stops what is under way when other rules are in force, and goes by those", async () => {
    const world = new World();
    world.backends[0].takesMs = 60_000;
    world.idle("one");
    world.at(3_000, () => {
      world.rules = [{ match: ["/home/me/**"], backends: [] }];
      world.stamp = "2";
    });
    await world.work();
    assert.equal(world.backends[0].tries.length, 1);
    assert.deepEqual(world.backends[0].puts, []);
    assert.deepEqual(world.intents, []);
    assert.ok(world.log.some((line) => line.startsWith("left one alone: the rules")));
  });

  it("archives nothing where auto is false, however urgent", async () => {
    const world = new World();
    world.config = { ...world.config, auto: false };
    world.idle("one");
    world.idle("two", "hello", true);
    world.session("missed", { createdAt: "2026-06-02T00:00:00.000Z" });
    await world.work();
    assert.deepEqual(world.backends[0].tries, []);
    assert.deepEqual(world.intents, []);
    for (const id of ["one", "two"]) {
      assert.ok(world.log.includes(`left ${id} alone: archive.auto is false`), `${world.log}`);
    }
    assert.equal(world.status.config.auto, false);
  });

  it("archives what comes with the word that it shall", async () => {
    const world = new World(["disk"], undefined, 30_000);
    world.config = { ...world.config, auto: false };
    world.at(5_000, () => {
      world.config = { ...world.config, auto: true };
      world.stamp = "2";
      world.idle("one");
    });
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [KEY("one")], `${world.log}`);
  });
});

/** A session from after the installation. */
const FRESH = { createdAt: "2026-06-02T00:00:00.000Z" };

describe("the relay's catching up", () => {
  it("takes what changed since the installation, and counts what is older", async () => {
    const world = new World();
    world.session("old");
    world.session("fresh", { createdAt: "2026-06-02T00:00:00.000Z" });
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [
      "home_me_project/2026-06-02/fresh.json",
    ]);
    assert.deepEqual(world.status.history, { sessions: 1 });
  });

  it("leaves what just changed for a later look, since its turn may go on", async () => {
    const world = new World();
    const createdAt = (ms: number) => ({ createdAt: new Date(START + ms).toISOString() });
    world.at(2_000, () => {
      world.session("at work", createdAt(1_000));
      world.session("at rest", createdAt(-9_000));
      world.installedAt = START - 10_000;
      world.stamp = "2";
    });
    await world.work();
    const at = (id: string) => world.backends[0].puts.find(({ key }) => key.includes(id))?.at ?? 0;
    assert.ok(at("at rest") < 5_000, `${at("at rest")}`);
    assert.ok(at("at work") > 11_000, `${at("at work")}`);
  });

  it("leaves what it never had to others where the user named the configuration", async () => {
    const world = new World(["disk"], undefined, 30_000, true);
    world.installedAt = 0;
    world.session("another's");
    world.idle("ours");
    world.at(15_000, () => world.session("ours", { text: "changed unseen" }));
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [KEY("ours"), KEY("ours")]);
    assert.deepEqual(world.status.history, { sessions: 0 });
  });

  it("leaves sessions alone where OpenCode goes by another configuration", async () => {
    const world = new World();
    world.installedAt = 0;
    world.othersDirectories = ["/home/me/client"];
    world.session("theirs", { project: "/home/me/client" });
    world.session("below", { project: "/home/me/client/shop" });
    world.session("ours", { project: "/home/me/clients" });
    await world.work();
    assert.deepEqual(world.backends[0].puts.map(({ key }) => key.split("/").at(-1)), ["ours.json"]);
    assert.deepEqual(world.status.history, { sessions: 0 });
  });

  it("looks again where a store could not be looked through", async () => {
    const world = new World();
    world.installedAt = 0;
    world.session("missed");
    const sessions = world.agent.sessions.bind(world.agent);
    let looks = 0;
    world.agent.sessions = (filter) => {
      if (filter?.ids === undefined && looks++ === 0) throw new Error("database is locked");
      return sessions(filter);
    };
    world.idle("other");
    for (let at = 20_000; at < 200_000; at += 20_000) {
      world.at(at, () => world.idle("other", `at ${at}`));
    }
    await world.work();
    assert.ok(world.backends[0].puts.some(({ key }) => key === KEY("missed")));
  });

  it("takes what it can see of a store that it cannot look through, and says so once", async () => {
    const world = new World();
    world.installedAt = 0;
    world.session("missed");
    const sessions = world.agent.sessions.bind(world.agent);
    world.agent.sessions = async function* (filter) {
      yield* sessions(filter);
      if (filter?.ids === undefined) {
        throw new ArchiveError("Unauthorized", "cannot look at /a: give this user the right to it");
      }
    };
    for (let at = 0; at < 400_000; at += 20_000) world.at(at, () => world.idle("other", `${at}`));
    await world.work();
    assert.ok(world.backends[0].puts.some(({ key }) => key === KEY("missed")));
    const said = world.log.filter((line) => line.startsWith("cannot look through"));
    assert.deepEqual(said.map((line) => /cannot look at \/a/.test(line)), [true]);
  });

  it("does not count as older what an intent asked for", async () => {
    const world = new World();
    world.session("old");
    world.session("asked for");
    world.intent("asked for");
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.deepEqual(world.status.history, { sessions: 1 });
  });

  it("takes everything with history", async () => {
    const world = new World();
    world.config = { ...world.config, history: true };
    world.session("old");
    await world.work();
    assert.equal(world.backends[0].puts.length, 1);
    assert.deepEqual(world.status.history, { sessions: 0 });
  });

  it("takes what is older as soon as the configuration wants it too", async () => {
    const world = new World();
    world.session("old");
    world.at(5_000, () => {
      world.config = { ...world.config, history: true };
      world.stamp = "2";
    });
    await world.work();
    const [old] = world.backends[0].puts;
    assert.equal(old.key, KEY("old"));
    assert.ok(old.at < 20_000, `${old.at}`);
  });

  it("brings what it has to a backend that the configuration adds", async () => {
    const world = new World(["disk", "added"]);
    world.rules = [{ match: ["/**"], backends: ["disk"] }];
    world.session("one", { createdAt: "2026-06-02T00:00:00.000Z" });
    world.at(5_000, () => {
      world.rules = [];
      world.stamp = "2";
    });
    await world.work();
    assert.deepEqual(world.backends.map(({ puts }) => puts.length), [1, 1]);
  });

  it("looks again now and then for what changed while it had other things to do", async () => {
    const world = new World();
    world.idle("other");
    world.at(5_000, () => world.session("missed", { createdAt: "2026-06-02T00:00:00.000Z" }));
    for (let at = 20_000; at < 900_000; at += 20_000) {
      world.at(at, () => world.idle("other", `at ${at}`));
    }
    await world.work();
    const missed = world.backends[0].puts.find(({ key }) => key.endsWith("/missed.json"));
    assert.ok(missed && missed.at < 400_000, JSON.stringify(missed));
  });

  it("looks once more before it ends, and goes on when something changed", async () => {
    const world = new World();
    world.at(5_000, () => world.session("missed", { createdAt: "2026-06-02T00:00:00.000Z" }));
    assert.equal(await world.work(), "idle");
    assert.equal(world.backends[0].puts.length, 1);
    assert.ok(world.elapsed < 90_000, `${world.elapsed}`);
  });

  it("tries what it found itself for no more than a day", async () => {
    const world = new World();
    world.step = 60_000;
    world.backends[0].mood = "refuses";
    world.session("missed", { createdAt: "2026-06-02T00:00:00.000Z" });
    world.at(48 * 3_600_000, () => world.stop.abort());
    assert.equal(await world.work(), "idle");
    const hours = world.elapsed / 3_600_000;
    assert.ok(hours >= 24 && hours < 25, `${hours}`);
  });

  it("leaves word of what it found itself and cannot bring where it should, when it ends", async () => {
    const world = new World();
    world.backends[0].mood = "forbids";
    world.session("missed", FRESH);
    assert.equal(await world.work(), "idle");
    assert.deepEqual([world.intents.length, world.status.waiting], [1, 1]);
    assert.equal(world.relay.isNews(world.intents), false);
  });

  it("leaves word of it before, too, where it stays, and takes that back when it is done", async () => {
    const world = new World();
    world.backends[0].mood = "refuses";
    world.session("missed", FRESH);
    let between: readonly string[] = [];
    world.at(300_000, () => {
      between = world.intents;
      world.backends[0].mood = "works";
    });
    assert.equal(await world.work(), "idle");
    assert.equal(between.length, 1);
    assert.deepEqual([world.backends[0].puts.length, world.intents], [1, []]);
  });

  it("writes nothing down of what it brings where it should within moments", async () => {
    const world = new World();
    world.isFull = true;
    world.session("missed", FRESH);
    assert.equal(await world.work(), "idle");
    assert.deepEqual([world.backends[0].puts.length, world.bugs], [1, []]);
  });

  it("goes on where it cannot leave word of it", async () => {
    const world = new World();
    world.isFull = true;
    world.backends[0].mood = "refuses";
    world.session("missed", FRESH);
    world.at(300_000, () => world.backends[0].mood = "works");
    assert.equal(await world.work(), "idle");
    assert.equal(world.backends[0].puts.length, 1);
    assert.match(String(world.bugs[0]), /the disk is full/);
  });

  it("does not stay for what the ledger never comes to know", async () => {
    const world = new World();
    world.session("odd", { createdAt: "2026-06-02T00:00:00.000Z" });
    const sessions = world.agent.sessions.bind(world.agent);
    world.agent.sessions = async function* (filter) {
      for await (const ref of sessions(filter)) yield { ...ref, token: "another" };
    };
    world.at(3_600_000, () => world.stop.abort());
    assert.equal(await world.work(), "idle");
    assert.ok(world.elapsed < 90_000, `${world.elapsed}`);
  });

  it("ends though looking once more is not possible", async () => {
    const world = new World();
    world.at(5_000, () => {
      world.stores.all = () => Promise.reject(new ArchiveError("Transient", "cannot read"));
    });
    world.at(3_600_000, () => world.stop.abort());
    assert.equal(await world.work(), "idle");
    assert.ok(world.elapsed < 60_000, `${world.elapsed}`);
  });

  it("neither takes nor counts what the rules keep on this machine", async () => {
    const world = new World();
    world.rules = [{ match: ["/home/me/**"], backends: [] }];
    world.session("old");
    world.session("fresh", { createdAt: "2026-06-02T00:00:00.000Z" });
    await world.work();
    assert.deepEqual(world.backends[0].tries, []);
    assert.deepEqual(world.status.history, { sessions: 0 });
  });
});

describe("the relay's tenure", () => {
  it("ends what is under way when a command asks, loses nothing, and takes it up again", async () => {
    const world = new World();
    world.backends[0].takesMs = 3_000;
    world.idle("one");
    world.at(1_000, () => {
      world.asked = true;
      world.idle("two");
    });
    let takes = 0;
    await keepRelay(world.relay, {
      take: () => {
        if (takes++ === 1) {
          assert.deepEqual(world.backends[0].puts.map(({ key }) => key), [KEY("one")]);
        }
        world.asked = false;
        return Promise.resolve(world.hold());
      },
      names: () => Promise.resolve(world.intents),
    });
    assert.equal(takes, 2);
    assert.equal(world.backends[0].puts.length, 2);
    assert.deepEqual(world.intents, []);
  });

  it("cuts short what hangs when a command asks, and keeps its intent", async () => {
    const world = new World();
    world.backends[0].mood = "hangs";
    world.idle("one");
    world.at(2_000, () => world.asked = true);
    assert.equal(await world.work(), "asked");
    assert.ok(world.elapsed < 15_000, `${world.elapsed}`);
    assert.equal(world.intents.length, 1);
  });

  it("looks once more after it gave the lock back", async () => {
    const world = new World();
    world.idle("one");
    let takes = 0;
    let released = 0;
    await keepRelay(world.relay, {
      take: () => {
        takes++;
        const release = () => {
          if (released++ === 0) world.idle("two");
          return Promise.resolve();
        };
        return Promise.resolve({ ...world.hold(), release });
      },
      names: () => Promise.resolve(world.intents),
    });
    assert.deepEqual([takes, released], [2, 2]);
    assert.equal(world.backends[0].puts.length, 2);
    assert.deepEqual(world.intents, []);
  });

  it("ends at once when the lock is somebody else's", async () => {
    const world = new World();
    world.idle("one");
    world.held = false;
    assert.equal(await world.work(), "lost");
    assert.deepEqual(world.backends[0].tries, []);
  });

  it("ends quickly when it is stopped, and keeps what it has not sent", async () => {
    const world = new World();
    world.backends[0].mood = "hangs";
    world.idle("one");
    world.at(2_000, () => world.stop.abort());
    assert.equal(await world.work(), "stopped");
    assert.ok(world.elapsed < 4_000, `${world.elapsed}`);
    assert.equal(world.intents.length, 1);
  });

  it("gives the lock to a command, and wakes seldom, while the outbox cannot be read", async () => {
    const world = new World();
    world.beforeLook = () => {
      throw new ArchiveError("Transient", "cannot look into the outbox");
    };
    world.idle("one");
    world.at(3_600_000, () => world.asked = true, { quiet: true });
    world.at(7_200_000, () => world.stop.abort());
    assert.equal(await world.work(), "asked");
    assert.ok(world.pauses < 80, `${world.pauses} pauses in an hour`);
  });

  it("survives a fault, says it, and goes on", async () => {
    const world = new World();
    world.idle("one");
    let faults = 2;
    world.beforeLook = () => {
      if (faults-- > 0) throw new TypeError("nobody foresaw this");
    };
    assert.equal(await world.work(), "idle");
    assert.equal(world.bugs.length, 2);
    assert.equal(world.backends[0].puts.length, 1);
  });
});

async function textOf(world: World, key: string): Promise<string> {
  const { body } = await world.backends[0].get(key);
  return await new Response(body).text();
}
