/**
 * Several processes at once, all real: two OpenCodes in one home, the background process that they
 * share, and `archive run` in a terminal; and an OpenCode that can start no process.
 */
import assert from "node:assert/strict";
import { copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { RunJson } from "../../adapters/cli/tally.ts";
import { type LockHolder, lockHolder } from "../../adapters/state/lock_holder.ts";
import { writeOpenCodeDatabase } from "../fixtures/opencode_database.ts";
import { type FakeS3, startFakeS3 } from "../s3/fake.ts";
import { archiveIn } from "./archive_command.ts";
import { processesIn } from "./home_processes.ts";
import type { ArchivedDocument, PluginHome } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import { installedOpenCode } from "./real_opencode.ts";
import { s3Backend } from "./s3_yaml.ts";

/** Archiving, with everything else that goes on, in milliseconds. */
const SOON = 30_000;

describe("several processes with the plugin", () => {
  const { home, serve, opened } = pluginHomes(afterEach);

  it("archive together once what changed once, and a run in a terminal takes its turn", async () => {
    const s3 = await startFakeS3();
    opened({ close: () => s3.stop() });
    const where = await home({ yaml: () => configFor(s3) });
    const [one, two] = [await where.project("one"), await where.project("two")];
    const older = await writeOpenCodeDatabase(where.database, {
      sessions: [{ count: 3, projects: [one] }],
    });
    const [first, second] = await Promise.all([serve(where, one), serve(where, two)]);
    const a = await first.create(one);
    const b = await second.create(two);
    const watched = watchLock(where);
    opened({ close: () => watched.end().then(() => undefined) });
    const talk = async (turn: string) => {
      await Promise.all([first.prompt(one, a, turn), second.prompt(two, b, turn)]);
    };

    await talk("first");
    await archivedAs(where, s3, [a, b]);
    await where.until("one background process", () => oneRelay(where), SOON);
    assert.deepEqual(keysOf(s3).length, 2, "the older ones are for an explicit run");

    // What only an explicit run archives keeps this one at work while the rest goes on.
    let letGo = () => {};
    const waitFor = new Promise<void>((resolve) => letGo = resolve);
    s3.fault({
      on: ({ operation, key }) => operation === "PutObject" && key.includes(older[0].id),
      do: { waitFor },
    });
    const archive = archiveIn(where);
    const running = archive.json<RunJson>("run");
    const holder = await where.until("the run has the lock", async () => {
      const holder = await holderOf(where);
      return holder?.kind === "command" && holder;
    }, SOON);
    const other = await archive("run");
    assert.equal(other.code, 1);
    assert.match(other.stderr, new RegExp(`pid ${holder.pid}\\b`));
    await talk("second");
    letGo();
    const { failed, archived } = await running;
    assert.equal(failed, 0);
    assert.ok(archived >= older.length, `${archived} archived`);

    await talk("third");
    await archivedAs(where, s3, [a, b, ...older.map(({ id }) => id)]);
    await where.until("one background process again", () => oneRelay(where), SOON);
    const { relays, others } = await watched.end();
    assert.deepEqual(others, [holder.pid], "nobody else had the lock");
    assert.ok(relays.length <= 2, `background processes ${relays}`);
    assertInTurns(await where.relayLog());
    assertOnce(s3);
  });

  it("archive in a thread where no process can be started", async () => {
    // As after an update that replaced the program while it runs.
    const folder = await home();
    const program = join(folder.folder, "opencode");
    await copyFile(await installedOpenCode(), program);
    const where = await home({ program });
    const project = await where.project("one");
    const server = await serve(where, project);
    const session = await server.create(project);
    await rm(program);
    await server.prompt(project, session, "hello");
    await where.until("the session is archived", () => where.document(session), SOON);
    assert.deepEqual(await processesIn(where.state), []);
    const pid = await where.relay();
    assert.match(await readFile(`/proc/${pid}/cmdline`, "utf8"), /serve/);
    await server.close("SIGKILL");
    // The system may need a moment to be done with all its threads.
    await where.until("nobody has the lock", async () => await where.relay() === undefined, SOON);
  });
});

function configFor(s3: FakeS3): string {
  return `backends:
${s3Backend("default", s3, { bucket: "archives" })}
archive:
  minInterval: 1s
`;
}

function keysOf(s3: FakeS3): string[] {
  return [...s3.objects().keys()];
}

/** Waits until what is stored of sessions is what OpenCode exports, and nothing waits. */
async function archivedAs(
  where: PluginHome,
  s3: FakeS3,
  sessions: readonly string[],
): Promise<void> {
  for (const session of sessions) {
    const exported = await where.export(session) as ArchivedDocument["native"];
    await where.until(`${session} is archived as it is`, () => {
      const { info, messages } = documentIn(s3, session)?.native ?? {};
      return Promise.resolve(JSON.stringify({ info, messages }) === JSON.stringify(exported));
    }, SOON);
  }
  await where.until("nothing waits", async () => await where.waiting() === 0, SOON);
}

function documentIn(s3: FakeS3, session: string): ArchivedDocument | undefined {
  const found = [...s3.objects()].find(([key]) => key.endsWith(`/${session}.json`));
  return found && JSON.parse(new TextDecoder().decode(found[1].bytes));
}

/** No document went up that was there already, and none was lost on the way to its successor. */
function assertOnce(s3: FakeS3): void {
  const seen = new Map<string, string>();
  for (const { operation, key, headers } of s3.requests) {
    if (operation !== "PutObject") continue;
    const sha256 = headers["x-amz-meta-sha256"];
    assert.ok(sha256, `${key} has its hash`);
    assert.notEqual(sha256, seen.get(key), `${key} went up twice as it is`);
    seen.set(key, sha256);
  }
}

/** Each background process gives the lock back before the next one has it. */
function assertInTurns(log: string): void {
  const turns = [...log.matchAll(/process (\d+) (archives|gave) /g)];
  // One before the run in the terminal, one after it.
  assert.ok(turns.length >= 3, log);
  let at: string | undefined;
  for (const [, pid, does] of turns) {
    assert.equal(at, does === "archives" ? undefined : pid, log);
    at = does === "archives" ? pid : undefined;
  }
}

function holderOf({ state }: PluginHome): Promise<LockHolder | undefined> {
  return lockHolder(join(state, "lock")).catch(() => undefined);
}

/** Who has the lock, all the time. */
function watchLock(where: PluginHome) {
  const relays = new Set<number>();
  const others = new Set<number>();
  let watches = true;
  const watching = (async () => {
    while (watches) {
      const holder = await holderOf(where);
      if (holder) (holder.kind === "relay" ? relays : others).add(holder.pid);
      await delay(10);
    }
  })();
  return {
    async end() {
      watches = false;
      await watching;
      return { relays: [...relays], others: [...others] };
    },
  };
}

/** There is one background process, and it has the lock. */
async function oneRelay(where: PluginHome): Promise<boolean> {
  const [pid, ...more] = await processesIn(where.state);
  return more.length === 0 && pid !== undefined && (await holderOf(where))?.pid === pid;
}
