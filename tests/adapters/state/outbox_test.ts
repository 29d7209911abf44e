import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { Outbox } from "../../../adapters/state/outbox.ts";
import type { SessionId } from "../../../core/agent.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { during } from "../../during.ts";
import fc from "../../properties.ts";
import { withDisk, withFolder } from "./temporary.ts";

const STORE = "/home/user/.local/share/opencode/opencode.db";

function session(id: string, store = STORE): SessionId {
  return { agent: "opencode", store, id };
}

/** An outbox below a folder that is not there yet, as the state's may not be. */
const withOutbox = (body: (outbox: Outbox, folder: string) => Promise<void>) =>
  withFolder((above) => {
    const folder = join(above, "state", "outbox");
    return body(new Outbox(folder), folder);
  });

async function idsIn(outbox: Outbox): Promise<string[]> {
  return (await outbox.waiting()).sessions.map(({ session: { id } }) => id);
}

/** Puts what was written before `age` milliseconds into an intent's file. */
async function age(folder: string, name: string, ms: number): Promise<void> {
  const path = join(folder, name);
  const content = JSON.parse(await readFile(path, "utf8"));
  const writtenAt = new Date(Date.now() - ms).toISOString();
  await writeFile(path, JSON.stringify({ ...content, writtenAt }));
}

describe("the outbox", () => {
  it("is empty where nothing was ever written, and makes nothing by being looked at", () =>
    withOutbox(async (outbox, folder) => {
      assert.deepEqual(await outbox.waiting(), { sessions: [], damaged: [], unread: [] });
      assert.deepEqual(await outbox.names(), []);
      await outbox.remove([]);
      await assert.rejects(stat(folder), { code: "ENOENT" });
    }));

  it("tells what was written, in private files", () =>
    withOutbox(async (outbox, folder) => {
      const before = Date.now();
      const name = await outbox.write(session("ses_1"));
      assert.match(name, /^[0-9a-f]{16}~[\w-]+\.json$/);
      assert.deepEqual(await readdir(folder), [name]);
      assert.deepEqual(await outbox.names(), [name]);
      const { sessions, damaged } = await outbox.waiting();
      const since = sessions[0]?.since ?? 0;
      assert.ok(before <= since && since <= Date.now());
      assert.deepEqual(sessions, [{ session: session("ses_1"), now: false, since, files: [name] }]);
      assert.deepEqual(damaged, []);
      if (process.platform === "win32") return;
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
    }));

  it("writes what its format says", () =>
    withOutbox(async (outbox, folder) => {
      const name = await outbox.write(session("ses_1"), { now: true });
      const { writtenAt, ...rest } = JSON.parse(await readFile(join(folder, name), "utf8"));
      assert.deepEqual(rest, { version: 1, ...session("ses_1"), now: true });
      assert.equal(new Date(writtenAt).toISOString(), writtenAt);
    }));

  it("puts the intents of a session together, and keeps stores and agents apart", () =>
    withOutbox(async (outbox, folder) => {
      const one = await outbox.write(session("ses_1"));
      const two = await outbox.write(session("ses_1"), { now: true });
      const other = await outbox.write(session("ses_1", "/elsewhere/opencode.db"));
      const another = await outbox.write({ ...session("ses_1"), agent: "codex" });
      await age(folder, two, 5_000);
      await age(folder, another, 9_000);
      const { sessions } = await outbox.waiting();
      assert.deepEqual(sessions.map(({ session: { agent } }) => agent), [
        "codex",
        "opencode",
        "opencode",
      ]);
      const together = sessions.find(({ files }) => files.length === 2);
      assert.deepEqual(together?.files.toSorted(), [one, two].toSorted());
      assert.equal(together?.now, true);
      assert.ok(Math.abs(Date.now() - 5_000 - together.since) < 4_000);
      assert.deepEqual(sessions.find(({ files }) => files[0] === other)?.now, false);
    }));

  it("removes what it is told to, once or twice, and nothing else", () =>
    withOutbox(async (outbox) => {
      const one = await outbox.write(session("ses_1"));
      const two = await outbox.write(session("ses_1"));
      await outbox.remove([one]);
      await outbox.remove([one]);
      assert.deepEqual(await outbox.names(), [two]);
    }));

  it("reads each intent once, since none ever says anything else", () =>
    withOutbox(async (outbox, folder) => {
      const name = await outbox.write(session("ses_1"));
      await outbox.waiting();
      await writeFile(join(folder, name), "");
      const { sessions, damaged } = await outbox.waiting();
      assert.deepEqual([sessions.map(({ files }) => files), damaged], [[[name]], []]);
      await rm(join(folder, name));
      assert.deepEqual((await outbox.waiting()).sessions, []);
    }));

  it("replaces a session's older intents by one", () =>
    withOutbox(async (outbox) => {
      const older = [await outbox.write(session("ses_1")), await outbox.write(session("ses_1"))];
      const other = await outbox.write(session("ses_2"));
      const name = await outbox.write(session("ses_1"), { now: true, replaces: older });
      assert.deepEqual((await outbox.names()).toSorted(), [name, other].toSorted());
    }));

  it("neither removes nor replaces what is no intent of it", () =>
    withOutbox(async (outbox, folder) => {
      const other = await outbox.write(session("ses_2"));
      for (const name of ["../ledger.jsonl", "damaged", "", other.replace("~", "/")]) {
        await assert.rejects(outbox.remove([name]), (error) => isArchiveError(error, "Invalid"));
      }
      await assert.rejects(
        outbox.write(session("ses_1"), { replaces: [other] }),
        (error) => isArchiveError(error, "Invalid") && error.message.includes(other),
      );
      assert.deepEqual(await readdir(folder), [other]);
    }));

  for (
    const [what, wrong] of [
      ["a relative store", session("ses_1", "opencode.db")],
      ["an id that is no file name", session("../ses_1")],
      ["no agent", { ...session("ses_1"), agent: "" }],
    ] as const
  ) {
    it(`refuses ${what}, and writes nothing`, () =>
      withOutbox(async (outbox) => {
        await assert.rejects(outbox.write(wrong), (error) => isArchiveError(error, "Invalid"));
        assert.deepEqual(await outbox.names(), []);
      }));
  }

  it("survives that its folder is removed between two writes", () =>
    withOutbox(async (outbox, folder) => {
      for (let round = 0; round < 3; round++) {
        await outbox.write(session("ses_1"));
        await rm(join(folder, ".."), { recursive: true });
      }
      await outbox.write(session("ses_2"));
      assert.deepEqual(await idsIn(outbox), ["ses_2"]);
    }));

  it("says what stands in its way", () =>
    withFolder(async (above) => {
      const folder = join(above, "outbox");
      await writeFile(folder, "");
      const outbox = new Outbox(folder);
      for (const attempt of [() => outbox.write(session("ses_1")), () => outbox.waiting()]) {
        await assert.rejects(
          attempt(),
          (error) => isArchiveError(error, "Invalid") && error.message.includes(folder),
        );
      }
    }));

  it("counts a time to come as long ago, so that a clock set back keeps nothing waiting", () =>
    withOutbox(async (outbox, folder) => {
      await age(folder, await outbox.write(session("ses_1")), -86_400_000);
      const [found] = (await outbox.waiting()).sessions;
      assert.ok(found !== undefined && found.since <= Date.now() - 10_000);
    }));

  it("takes thousands of intents, several a session", () =>
    withOutbox(async (outbox, folder) => {
      const first = await outbox.write(session("ses_0"));
      const text = await readFile(join(folder, first), "utf8");
      const copies = Array.from({ length: 3_000 }, (_, n) => first.replace(/~.*/, `~${n}.json`));
      for (const name of copies) await writeFile(join(folder, name), text);
      const { sessions, damaged } = await outbox.waiting();
      assert.deepEqual([sessions.length, damaged.length], [1, 0]);
      assert.equal(sessions[0]?.files.length, 3_001);
      await outbox.remove(sessions[0]?.files ?? []);
      assert.deepEqual(await readdir(folder), []);
    }));
});

describe("leftovers of killed writers", () => {
  it("are no intents, and are swept when they are old", () =>
    withOutbox(async (outbox, folder) => {
      const name = await outbox.write(session("ses_1"));
      const [young, old] = [`.tmp-${name}1`, `.tmp-${name}2`];
      for (const file of [young, old]) await writeFile(join(folder, file), '{"ver');
      const then = new Date(Date.now() - 61 * 60_000);
      await utimes(join(folder, old), then, then);
      assert.deepEqual(await outbox.names(), [name]);
      assert.deepEqual(await outbox.waiting().then(({ damaged }) => damaged), []);
      assert.deepEqual((await readdir(folder)).toSorted(), [young, name].toSorted());
    }));
});

describe("a damaged intent", () => {
  const sound = { version: 1, ...session("ses_1"), writtenAt: "2026-01-15T12:00:00.000Z" };
  const damages: Readonly<Record<string, string | Uint8Array>> = {
    "of zero length": "",
    "of NULs": new Uint8Array(180),
    "cut short": JSON.stringify(sound).slice(0, 60),
    "of another kind": "[]",
    "of nothing": "null",
    "of a later version": JSON.stringify({ ...sound, version: 2 }),
    "without a version": JSON.stringify({ ...sound, version: undefined }),
    "with a relative store": JSON.stringify({ ...sound, store: "opencode.db" }),
    "with a store of another type": JSON.stringify({ ...sound, store: 1 }),
    "with an id that leads elsewhere": JSON.stringify({ ...sound, id: "../../etc" }),
    "with an empty id": JSON.stringify({ ...sound, id: "" }),
    "with a missing agent": JSON.stringify({ ...sound, agent: undefined }),
    "with a wrong now": JSON.stringify({ ...sound, now: "yes" }),
    "without a time": JSON.stringify({ ...sound, writtenAt: undefined }),
    "with a time that is none": JSON.stringify({ ...sound, writtenAt: "yesterday" }),
    "about another session than its name": JSON.stringify({ ...sound, id: "ses_2" }),
  };

  for (const [what, content] of Object.entries(damages)) {
    it(`${what} is moved aside and named, and the others are told`, () =>
      withOutbox(async (outbox, folder) => {
        const name = await outbox.write(session("ses_1"));
        await outbox.write(session("ses_3"));
        await writeFile(join(folder, name), content);
        const { sessions, damaged } = await outbox.waiting();
        assert.deepEqual(sessions.map(({ session: { id } }) => id), ["ses_3"]);
        assert.deepEqual(damaged, [name]);
        assert.deepEqual(await readFile(join(folder, "damaged", name)), Buffer.from(content));
        assert.deepEqual((await outbox.waiting()).damaged, []);
        assert.equal((await outbox.names()).length, 1);
      }));
  }

  it("that is a folder is moved aside too", () =>
    withOutbox(async (outbox, folder) => {
      const name = await outbox.write(session("ses_1"));
      await rm(join(folder, name));
      await mkdir(join(folder, name));
      assert.deepEqual((await outbox.waiting()).damaged, [name]);
      assert.deepEqual(await readdir(join(folder, "damaged")), [name]);
    }));

  it("that cannot be moved is named and stops nothing", () =>
    withOutbox(async (outbox, folder) => {
      const name = await outbox.write(session("ses_1"));
      await outbox.write(session("ses_2"));
      await writeFile(join(folder, name), "");
      await writeFile(join(folder, "damaged"), "");
      for (let round = 0; round < 2; round++) {
        const { sessions, damaged } = await outbox.waiting();
        assert.deepEqual([sessions.length, damaged], [1, [name]]);
      }
    }));

  it("that the disk does not give away for now stays, is named, and keeps no other waiting", (context) =>
    withOutbox(async (outbox, folder) => {
      // The system refuses the first byte of a process's memory as a disk does a bad sector.
      if (process.platform !== "linux") return context.skip("only Linux has such a file");
      const name = await outbox.write(session("ses_1"));
      await outbox.write(session("ses_2"));
      await rm(join(folder, name));
      await symlink("/proc/self/mem", join(folder, name));
      const { sessions, damaged, unread } = await outbox.waiting();
      assert.deepEqual([sessions.length, damaged, unread], [1, [], [name]]);
      assert.ok((await outbox.names()).includes(name));
    }));

  it("that fails in a way that nobody foresaw keeps no other waiting either", (context) =>
    withOutbox(async (outbox, folder) => {
      if (process.platform === "win32") return context.skip("links need a right there");
      const name = await outbox.write(session("ses_1"));
      await outbox.write(session("ses_2"));
      await rm(join(folder, name));
      // ENAMETOOLONG, in place of what a damaged file system or a stale mount may say.
      await symlink("x".repeat(300), join(folder, name));
      const { sessions, damaged, unread } = await outbox.waiting();
      assert.deepEqual([sessions.length, damaged, unread], [1, [], [name]]);
    }));

  it("is no file of anybody else's", () =>
    withOutbox(async (outbox, folder) => {
      await outbox.write(session("ses_1"));
      await writeFile(join(folder, ".DS_Store"), "");
      await writeFile(join(folder, "notes.json"), "");
      assert.deepEqual((await outbox.waiting()).damaged, []);
      assert.equal((await readdir(folder)).length, 3);
    }));
});

describe("an outbox on a bad disk", () => {
  it("says that it is full, leaves nothing there, and works again", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      const folder = join(disk, "outbox");
      const outbox = new Outbox(folder);
      const name = await outbox.write(session("ses_1"));
      await writeFile(join(disk, "filler"), new Uint8Array(64 << 10)).catch(() => undefined);
      await assert.rejects(
        outbox.write(session("ses_2"), { replaces: [] }),
        (error) =>
          isArchiveError(error, "Transient") && error.message.includes(folder) &&
          /disk is full/.test(error.message),
      );
      assert.deepEqual(await readdir(folder), [name]);
      await rm(join(disk, "filler"));
      await outbox.write(session("ses_2"));
      assert.deepEqual((await idsIn(outbox)).toSorted(), ["ses_1", "ses_2"]);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });

  it("is read when it may not be written", async (context) => {
    const mounted = await withDisk("size=1m", async (disk, remount) => {
      const outbox = new Outbox(join(disk, "outbox"));
      await outbox.write(session("ses_1"));
      const name = await outbox.write(session("ses_2"));
      await writeFile(join(disk, "outbox", name), "");
      remount("ro");
      assert.deepEqual(await idsIn(outbox), ["ses_1"]);
      assert.deepEqual((await outbox.waiting()).damaged, [name]);
      await assert.rejects(
        outbox.write(session("ses_3")),
        (error) => isArchiveError(error, "Unauthorized"),
      );
    });
    if (!mounted) context.diagnostic("no disk could be mounted");
  });
});

/** What some process does; the outbox's files are shared. */
type Step =
  | { readonly kind: "write"; readonly id: string; readonly replace: boolean }
  | { readonly kind: "look" }
  | { readonly kind: "drain" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    id: fc.constantFrom("ses_1", "ses_2", "ses_3"),
    replace: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("look" as const) }),
  fc.record({ kind: fc.constant("drain" as const) }),
);

describe("intents that are written while others are removed", () => {
  it("are never lost: a session written after the listing waits", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 12 }),
        (rounds) =>
          withOutbox(async (outbox, folder) => {
            /** By session: names of intents that were written and not listed before a removal. */
            const open = new Map<string, Set<string>>();
            let listed: readonly string[] = [];
            const run = async (one: Step): Promise<void> => {
              if (one.kind === "look") {
                const { sessions, damaged } = await outbox.waiting();
                assert.deepEqual(damaged, []);
                listed = sessions.flatMap(({ files }) => files);
              } else if (one.kind === "drain") {
                const files = listed;
                for (const names of open.values()) {
                  for (const name of files) names.delete(name);
                }
                await outbox.remove(files);
              } else {
                const names = open.get(one.id) ?? new Set();
                open.set(one.id, names);
                const replaces = one.replace ? [...names] : [];
                names.add(await new Outbox(folder).write(session(one.id), { replaces }));
                // What another writer has not yet replaced by its own stays counted.
                for (const name of replaces) names.delete(name);
              }
            };
            for (const round of rounds) await Promise.all(round.map(run));
            const there = new Set(await outbox.names());
            for (const names of open.values()) {
              for (const name of names) assert.ok(there.has(name), `${name} was lost`);
            }
            const waiting = new Set(await idsIn(outbox));
            for (const [id, names] of open) assert.equal(waiting.has(id) || names.size === 0, true);
          }),
      ),
      { numRuns: 60 },
    ));

  it("are whole whenever they are seen", () =>
    withOutbox(async (outbox, folder) => {
      const written: string[] = [];
      const writer = async (id: string) => {
        for (let n = 0; n < 60; n++) written.push(await new Outbox(folder).write(session(id)));
      };
      await during(Promise.all(["ses_1", "ses_2", "ses_3"].map(writer)), async () => {
        assert.deepEqual((await outbox.waiting()).damaged, []);
      });
      assert.deepEqual((await outbox.names()).toSorted(), written.toSorted());
    }));

  it("are written anew when their folder is moved away at any moment", () =>
    withOutbox(async (outbox, folder) => {
      for (let n = 0; n < 30; n++) {
        const write = outbox.write(session(`ses_${n}`));
        await new Promise((resolve) => setTimeout(resolve, (n % 5) / 4));
        await rename(folder, `${folder}-${n}`).catch(() => undefined);
        await write;
        const ids = await idsIn(outbox);
        const moved = await idsIn(new Outbox(`${folder}-${n}`));
        assert.ok([...ids, ...moved].includes(`ses_${n}`));
      }
    }));
});
