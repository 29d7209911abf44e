/**
 * What still works when one of several backends does not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type Backend,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
} from "@session-archiver/archiver";
import {
  asArchiveError,
  concernsBackend,
  type ErrorCode,
  type ErrorSubject,
} from "../../core/errors.ts";

const KEY = "home_me_project/2026-01-31/one.json";

function agentWith(...ids: readonly string[]): MemoryAgent {
  const agent = new MemoryAgent();
  for (const id of ids) {
    agent.set({
      id,
      projectPath: "/home/me/project",
      createdAt: "2026-01-31T12:00:00.000Z",
      title: id,
      messages: [{ id: "m1", role: "user", text: "hello" }],
    });
  }
  return agent;
}

/** A backend whose named methods fail, and how often each was called. */
function failing(name: string, methods: readonly (keyof Backend)[]) {
  const calls: Record<string, number> = {};
  const inner = new MemoryBackend({ name });
  const backend = new Proxy(inner, {
    get(target, method) {
      const value = Reflect.get(target, method, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls[String(method)] = (calls[String(method)] ?? 0) + 1;
        if (!methods.includes(method as keyof Backend)) return value.apply(target, args);
        const error = new ArchiveError("Timeout", `${name} does not answer`, { backend: name });
        if (method === "list") return failingPages(error);
        return Promise.reject(error);
      };
    },
  });
  return { backend, calls, inner };
}

function failingPages(error: ArchiveError): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}

async function collect<T>(items: AsyncIterable<T>): Promise<{ items: T[]; error?: unknown }> {
  const all: T[] = [];
  try {
    for await (const item of items) all.push(item);
    return { items: all };
  } catch (error) {
    return { items: all, error };
  }
}

const MANY = Array.from({ length: 20 }, (_, index) => `session-${index}`);

describe("a run into a backend that is dead", () => {
  it("tries it a few times, then no further session, and says so of each", async () => {
    const dead = failing("dead", ["put", "head", "list"]);
    const agent = agentWith(...MANY);
    const archiver = new Archiver({ agents: [agent], backends: [dead.backend] });
    const { items } = await collect(archiver.archiveAll({ concurrency: 1 }));
    assert.equal(items.length, MANY.length);
    assert.ok(items.every(({ copies }) => copies[0].status === "failed"));
    assert.equal(items.filter(({ copies }) => copies[0].gaveUp).length, MANY.length - 3);
    assert.match(String(items.at(-1)?.copies[0].error), /dead does not answer/);
    assert.deepEqual([dead.calls.put, dead.calls.list], [undefined, 3]);
  });

  it("begins no further wait with one that lets those under way wait in vain", async () => {
    const mute = failing("mute", []);
    let waits = 0;
    mute.inner.put = async (key) => {
      waits++;
      await new Promise((done) => setTimeout(done, 5 + 5 * Math.random()));
      throw new ArchiveError("Timeout", "no answer", { backend: "mute", key });
    };
    const archiver = new Archiver({ agents: [agentWith(...MANY)], backends: [mute.backend] });
    const { items } = await collect(archiver.archiveAll({ concurrency: 4 }));
    assert.equal(waits, 4);
    assert.equal(items.filter(({ copies }) => copies[0].gaveUp).length, MANY.length - 4);
  });

  it("copies everything to the others", async () => {
    const dead = failing("dead", ["put", "head", "list"]);
    const alive = new MemoryBackend({ name: "alive" });
    const agent = agentWith(...MANY);
    const archiver = new Archiver({ agents: [agent], backends: [dead.backend, alive] });
    const { items } = await collect(archiver.archiveAll());
    const statusOn = (name: string) =>
      new Set(items.map(({ copies }) => copies.find(({ backend }) => backend === name)?.status));
    assert.deepEqual(statusOn("alive"), new Set(["archived"]));
    assert.deepEqual(statusOn("dead"), new Set(["failed"]));
  });

  it("tries it again in the next run", async () => {
    const broken = new Set<keyof Backend>(["put", "list"]);
    const dead = failing("dead", { includes: (name: keyof Backend) => broken.has(name) } as never);
    const archiver = new Archiver({ agents: [agentWith(...MANY)], backends: [dead.backend] });
    await collect(archiver.archiveAll());
    broken.clear();
    const { items } = await collect(archiver.archiveAll());
    assert.ok(items.every(({ copies }) => copies[0].status === "archived"));
  });

  it("goes on with one that answers, however many sessions it refuses in a row", async () => {
    const picky = failing("picky", []);
    const put = picky.inner.put.bind(picky.inner);
    picky.inner.put = (key, body, options) =>
      Number(key.match(/session-(\d+)/)?.[1]) < 10
        ? Promise.reject(new ArchiveError("Unauthorized", `${key} is locked`, { key }))
        : put(key, body, options);
    const archiver = new Archiver({ agents: [agentWith(...MANY)], backends: [picky.backend] });
    const { items } = await collect(archiver.archiveAll({ concurrency: 1 }));
    const archived = items.filter(({ copies }) => copies[0].status === "archived");
    assert.equal(archived.length, 10);
    assert.ok(items.every(({ copies }) => !copies[0].gaveUp));
  });

  it("asks one at once that finds fault with what it is given, since all may be wrong", async () => {
    const wrong = failing("wrong", []);
    const refusal = new ArchiveError("Invalid", "there is no such bucket", { backend: "wrong" });
    let asked = 0;
    const list = () => {
      asked++;
      return failingPages(refusal);
    };
    Object.assign(wrong.inner, { list, put: () => Promise.reject(refusal) });
    const archiver = new Archiver({ agents: [agentWith(...MANY)], backends: [wrong.backend] });
    const { items } = await collect(archiver.archiveAll({ concurrency: 1 }));
    assert.equal(items.filter(({ copies }) => copies[0].gaveUp).length, MANY.length - 1);
    assert.equal(asked, 2);
  });

  it("does not give up one that may not be listed for a single session", async () => {
    const picky = failing("picky", []);
    const [closed, refusal] = (["Unauthorized", "Invalid"] as const)
      .map((code) => new ArchiveError(code, "no", { backend: "picky" }));
    const put = picky.inner.put.bind(picky.inner);
    Object.assign(picky.inner, {
      list: () => failingPages(closed),
      put: (...[key, ...rest]: Parameters<typeof put>) =>
        key.includes("session-3.") ? Promise.reject(refusal) : put(key, ...rest),
    });
    const archiver = new Archiver({ agents: [agentWith(...MANY)], backends: [picky.backend] });
    const { items } = await collect(archiver.archiveAll({ concurrency: 1 }));
    const failed = items.filter(({ copies }) => copies[0].status === "failed");
    assert.deepEqual(failed.map(({ session }) => session.id), ["session-3"]);
  });

  for (
    const error of [new ArchiveError("Corrupt", "broken session"), new TypeError("no such field")]
  ) {
    it(`does not blame it for sessions that cannot be loaded: ${error}`, async () => {
      const fine = failing("fine", []);
      const agent = agentWith(...MANY);
      agent.load = () => Promise.reject(error);
      const archiver = new Archiver({ agents: [agent], backends: [fine.backend] });
      const { items } = await collect(archiver.archiveAll());
      for (const { session, copies: [copy] } of items) {
        assert.equal(copy.gaveUp, undefined);
        assert.ok(isArchiveError(copy.error) && copy.error.backend === undefined);
        if (error instanceof TypeError) assert.equal(copy.error.session, session.id);
      }
      assert.equal(fine.calls.list, undefined);
    });
  }

  it("tells what it fails of from what is wrong with a session", () => {
    const ofDisk = (code: ErrorCode, more: ErrorSubject = {}) =>
      concernsBackend(new ArchiveError(code, "no", { backend: "disk", ...more }), "disk");
    for (const code of ["Unauthorized", "NotFound", "Throttled", "Timeout", "Transient"] as const) {
      assert.ok(ofDisk(code), code);
      assert.ok(!ofDisk(code, { session: "one" }), code);
      assert.ok(!ofDisk(code, { backend: "another" }), code);
    }
    for (const code of ["Invalid", "Corrupt", "Precondition", "NotSupported"] as const) {
      assert.ok(!ofDisk(code), code);
    }
    assert.ok(!concernsBackend(asArchiveError(new TypeError("no"), { backend: "disk" }), "disk"));
  });
});

describe("reading beside a backend that is dead", () => {
  const stand = async () => {
    const alive = new MemoryBackend({ name: "alive" });
    const ledger = new MemoryLedger();
    const agents = [agentWith("one")];
    await collect(new Archiver({ agents, backends: [alive], ledger }).archiveAll());
    const dead = failing("dead", ["list", "head", "get"]);
    return { alive, dead, archiver: new Archiver({ agents, backends: [dead.backend, alive] }) };
  };

  it("lists what the others hold, then fails with what it could not see", async () => {
    const { archiver } = await stand();
    const { items, error } = await collect(archiver.list({ limit: 20 }));
    assert.deepEqual(items.map(({ key }) => key), [KEY]);
    assert.ok(isArchiveError(error, "Timeout"));
  });

  it("fails also when the limit was reached before the dead one was missed", async () => {
    const { archiver } = await stand();
    const { items, error } = await collect(archiver.list({ limit: 1 }));
    assert.equal(items.length, 1);
    assert.ok(isArchiveError(error, "Timeout"));
  });

  it("describes a row by whoever can", async () => {
    const { alive } = await stand();
    const blind = failing("blind", ["head", "get"]);
    const { body } = await alive.get(KEY);
    await blind.inner.put(KEY, new Uint8Array(await new Response(body as never).arrayBuffer()));
    const archiver = new Archiver({ agents: [], backends: [blind.backend, alive] });
    const { items: [row], error } = await collect(archiver.list());
    assert.deepEqual(row.backends, ["blind", "alive"]);
    assert.equal(row.title, "one");
    assert.equal(error, undefined);
  });

  it("resolves an id that another one has, and fails when none has", async () => {
    const { archiver } = await stand();
    assert.equal(await archiver.resolve("one"), KEY);
    await assert.rejects(archiver.resolve("two"), (error) => isArchiveError(error, "Timeout"));
  });

  it("verifies the others' copies, and fails at the end", async () => {
    const { archiver } = await stand();
    const { items, error } = await collect(archiver.verify());
    assert.deepEqual(items.map(({ backend, status }) => [backend, status]), [["alive", "ok"]]);
    assert.ok(isArchiveError(error, "Timeout"));
  });

  it("deletes nothing when it cannot be known who holds it", async () => {
    const { archiver, alive } = await stand();
    await assert.rejects(archiver.delete(KEY), (error) => isArchiveError(error, "Timeout"));
    assert.equal((await alive.head(KEY)).key, KEY);
  });

  it("restores what another one holds, and says that children may be missing", async () => {
    const { archiver } = await stand();
    const [{ status, notes }] = await archiver.restore(KEY, { newId: true });
    assert.equal(status, "restored");
    assert.match(notes.join(), /may have been left out: .*dead does not answer/);
  });

  it("says from where it was deleted already when the next one fails", async () => {
    const { alive } = await stand();
    const stuck = failing("stuck", ["delete"]);
    const { body } = await alive.get(KEY);
    await stuck.inner.put(KEY, new Uint8Array(await new Response(body as never).arrayBuffer()));
    const archiver = new Archiver({ agents: [], backends: [alive, stuck.backend] });
    await assert.rejects(
      archiver.delete(KEY, { everywhere: true }),
      /deleted from alive, but not from stuck: stuck does not answer/,
    );
  });

  it("does not take its copies for lost", async () => {
    const broken = new Set<keyof Backend>();
    const dead = failing("dead", { includes: (name: keyof Backend) => broken.has(name) } as never);
    const agents = [agentWith("one")];
    const archiver = new Archiver({ agents, backends: [dead.backend] });
    await collect(archiver.archiveAll());
    broken.add("list");
    const { items, error } = await collect(archiver.forgetEmptied());
    assert.deepEqual(items, []);
    assert.ok(isArchiveError(error, "Timeout"));
    const { items: [again] } = await collect(archiver.archiveAll());
    assert.equal(again.copies[0].status, "unchanged");
  });
});

describe("a run of sessions that come one by one", () => {
  it("remembers which backend is dead, and the next one tries it again", async () => {
    const dead = failing("dead", ["put", "head", "list"]);
    const alive = new MemoryBackend({ name: "alive" });
    const agent = agentWith(...MANY);
    const archiver = new Archiver({ agents: [agent], backends: [dead.backend, alive] });
    const { items: sessions } = await collect(agent.sessions());
    const run = archiver.begin({ concurrency: 1 });
    assert.deepEqual([...run.givenUp()], []);
    for (const [index, session] of sessions.slice(0, 4).entries()) {
      const { copies: [lost, kept] } = await run.archive(session);
      assert.deepEqual([lost.status, lost.gaveUp], ["failed", index === 3 ? true : undefined]);
      assert.equal(kept.status, "archived");
    }
    assert.deepEqual([...run.givenUp().keys()], ["dead"]);
    assert.match(String(run.givenUp().get("dead")), /dead does not answer/);
    const { copies: [again] } = await archiver.begin().archive(sessions[4]);
    assert.equal(again.gaveUp, undefined);
  });

  it("sends no more at once than it was told", async () => {
    const backend = new MemoryBackend();
    const put = backend.put.bind(backend);
    let [under, most] = [0, 0];
    backend.put = async (...args) => {
      most = Math.max(most, ++under);
      await new Promise((done) => setTimeout(done, 1));
      under--;
      return await put(...args);
    };
    const agent = agentWith(...MANY);
    const { items: sessions } = await collect(agent.sessions());
    const run = new Archiver({ agents: [agent], backends: [backend] }).begin({ concurrency: 3 });
    const outcomes = await Promise.all(sessions.map((session) => run.archive(session)));
    assert.ok(outcomes.every(({ copies }) => copies[0].status === "archived"));
    assert.equal(most, 3);
  });
});
