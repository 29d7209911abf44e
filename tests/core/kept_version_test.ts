import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type Backend,
  type Capabilities,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
} from "@session-archiver/archiver";

const KEY = "home_me_project/2026-01-31/one.json";

/** A machine with one session that says some things. */
function machine(backend: Backend, ...texts: readonly string[]) {
  const agent = new MemoryAgent();
  const say = (...texts: readonly string[]) =>
    agent.set({
      id: "one",
      projectPath: "/home/me/project",
      createdAt: "2026-01-31T12:00:00.000Z",
      title: "One",
      messages: texts.map((text) => ({ id: `of ${text}`, role: "user", text })),
    });
  say(...texts);
  const archiver = new Archiver({
    agents: [agent],
    backends: [backend],
    ledger: new MemoryLedger(),
  });
  const archive = async () => {
    for await (const { copies: [copy] } of archiver.archiveAll()) return copy;
    throw new Error("there was no session");
  };
  return { say, archive };
}

/** The same store, with other capabilities, and something done before a call for the first time. */
function seenThrough(
  store: MemoryBackend,
  capabilities: Partial<Capabilities>,
  before: { readonly method: string; readonly key: RegExp; readonly act: () => Promise<unknown> },
): Backend {
  let done = false;
  return new Proxy(store, {
    get(target, name) {
      if (name === "capabilities") return { ...target.capabilities, ...capabilities };
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== before.method) return value.bind(target);
      return async (...args: unknown[]) => {
        if (!done && name === before.method && before.key.test(String(args[0]))) {
          done = true;
          await before.act();
        }
        return await value.apply(target, args);
      };
    },
  });
}

async function textOf(store: MemoryBackend, key: string): Promise<string> {
  return await new Response((await store.get(key)).body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .text();
}

/** What each of the objects says. */
async function contents(store: MemoryBackend): Promise<string[]> {
  const all: string[] = [];
  for await (const { objects } of store.list()) {
    for (const { key } of objects) {
      const said = [...(await textOf(store, key)).matchAll(/"text":"(\w+)"/g)].map(([, text]) =>
        text
      );
      all.push(said.join("+"));
    }
  }
  return all.sort();
}

const STORES: Readonly<Record<string, Partial<Capabilities>>> = {
  "with conditional writes": {},
  "without ifMatch": { ifMatch: false },
  "without any condition": { ifMatch: false, createOnly: false },
};

for (const [kind, capabilities] of Object.entries(STORES)) {
  describe(`on a store ${kind}, a state that two writers find worth keeping`, () => {
    for (
      const [when, method, key] of [
        ["before it is looked for", "head", /~/],
        ["before it is read", "get", /one\.json/],
        ["before it is written", "put", /~/],
      ] as const
    ) {
      it(`is kept, and so is the other writer's, who comes ${when}`, async () => {
        const store = new MemoryBackend({ name: "store" });
        await machine(store, "common", "lost").archive();
        const other = machine(store, "common", "other");
        const seen = seenThrough(store, capabilities, { method, key, act: other.archive });
        const outcome = await machine(seen, "common", "mine").archive();
        assert.equal(outcome.status, "archived", String(outcome.error));
        assert.deepEqual(await contents(store), ["common+lost", "common+mine", "common+other"]);
      });
    }
  });
}

describe("a version", () => {
  it("is never written over, not even by what has its name", async () => {
    const store = new MemoryBackend({ name: "store" });
    const first = machine(store, "common", "lost");
    await first.archive();
    const other = machine(store, "common", "mine");
    const { version } = await other.archive();
    await store.put(version!, new TextEncoder().encode("something else"));
    await store.delete(KEY);
    await machine(store, "common", "lost").archive();
    const refused = await machine(store, "common", "mine").archive();
    assert.equal(refused.status, "failed");
    assert.ok(isArchiveError(refused.error, "Corrupt"), String(refused.error));
    assert.match(refused.error.message, /not what its name says/);
    assert.equal(await textOf(store, version!), "something else");
    assert.match(await textOf(store, KEY), /lost/);
  });

  it("that is kept already is not kept again", async () => {
    const store = new MemoryBackend({ name: "store" });
    await machine(store, "common", "lost").archive();
    const { version } = await machine(store, "common", "mine").archive();
    const { etag } = await store.head(version!);
    await store.delete(KEY);
    await machine(store, "common", "lost").archive();
    await machine(store, "common", "mine").archive();
    assert.equal((await store.head(version!)).etag, etag);
  });
});

describe("a run with a new ledger", () => {
  it("finds the archive of a session that moved, or that is stored in the other form", async () => {
    for (const key of [KEY.replace("project", "elsewhere"), `${KEY}.gz`]) {
      const store = new MemoryBackend({ name: "store" });
      await machine(store, "one").archive();
      const { metadata } = await store.head(KEY);
      const bytes = new TextEncoder().encode(await textOf(store, KEY));
      await store.put(key, bytes, { metadata });
      await store.delete(KEY);
      const { status, key: found } = await machine(store, "one").archive();
      assert.deepEqual([status, found], ["unchanged", key]);
    }
  });

  it("prefers the place where a session belongs", async () => {
    const store = new MemoryBackend({ name: "store" });
    await machine(store, "one").archive();
    const bytes = new TextEncoder().encode(await textOf(store, KEY));
    await store.put(KEY.replace("project", "z"), bytes);
    assert.equal((await machine(store, "one", "two").archive()).key, KEY);
  });

  it("goes on where the backend does not list", async () => {
    const store = new MemoryBackend({ name: "store" });
    const blind = Object.assign(store, {
      list: () => {
        throw new ArchiveError("Unauthorized", "listing is denied");
      },
    });
    assert.equal((await machine(blind, "one").archive()).key, KEY);
  });
});
