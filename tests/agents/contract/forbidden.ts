/**
 * What this user may not look at: it hides nothing else, and is told of.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import type { Agent, SessionFilter } from "../../../core/agent.ts";
import { type ArchiveError, isArchiveError } from "../../../core/errors.ts";
import { onlySession, sessionsOf, withSession } from "./archived.ts";
import { put } from "./in_home.ts";
import type { TestedFileAgent } from "./tested.ts";

/** Anybody but the one whose files these are. */
const NOBODY = 65534;
/** As an agent calls a folder of a day, and one of a session or a project may be called. */
const NAME = "29";
/** Whoever may do everything must become somebody else, and with them all that runs in their process. */
const isRoot = process.geteuid?.() === 0;
const skip = process.platform === "win32"
  ? "its folders are open to whoever made them"
  : isRoot && process.versions.deno !== undefined &&
    "Deno may run other tests in this process, and this user may look at everything";

/** Tests what comes of it. */
export function findsWhatItMay(tested: TestedFileAgent): void {
  it(
    "finds the others where it may not look into a folder, and then says which",
    { skip },
    () =>
      withSession(tested, async ({ home, agent, written: { id, path } }) => {
        await onlySession(agent);
        const shut = [...foldersAbove(path, home)].map((folder) => join(folder, NAME));
        for (const folder of shut) await mkdir(folder);
        const { found, failure } = await lookShutOff(agent, home, shut);
        assert.deepEqual(found, [id]);
        assert.equal(failure?.code, "Unauthorized");
        assert.match(failure.message, /\/29(?:\/\w+)? \(EACCES\): give this user the right to it/);
        // Nothing is missing then.
        const asked = await lookShutOff(agent, home, shut, { ids: [id] });
        assert.deepEqual(asked, { found: [id], failure: undefined });
      }),
  );

  const { beside } = tested;
  if (beside) {
    it(
      "takes no files beside a session for gone that it may not look for",
      { skip },
      () =>
        withSession(tested, async ({ home, agent, written }) => {
          const one = beside(written, "one.txt");
          await put(one, "one");
          assert.equal((await sessionsOf(agent)).length, 2);
          const { found, failure } = await lookShutOff(agent, home, [dirname(one)]);
          assert.deepEqual(found, [written.id]);
          assert.equal(failure?.code, "Unauthorized");
        }),
    );
  }

  it(
    "says so when it may not read a session, and does not call it gone",
    { skip },
    () =>
      withSession(tested, async ({ home, agent, written: { path } }) => {
        const session = await onlySession(agent);
        const asNobody = async () => await agent.load(session);
        const error = await shutOff(home, [path], () => failureOf(asNobody));
        assert.equal(error?.code, "Unauthorized");
        assert.ok(error.message.includes(path), error.message);
      }),
  );
}

function* foldersAbove(path: string, home: string): Generator<string> {
  for (let folder = dirname(path); folder !== dirname(home); folder = dirname(folder)) yield folder;
}

/** Looks for sessions where some folders are shut. */
async function lookShutOff(
  agent: Agent,
  home: string,
  shut: readonly string[],
  filter?: SessionFilter,
) {
  const found: string[] = [];
  const look = async () => {
    for await (const { id } of agent.sessions(filter)) found.push(id);
  };
  return { found, failure: await shutOff(home, shut, () => failureOf(look)) };
}

async function failureOf(work: () => Promise<unknown>): Promise<ArchiveError | undefined> {
  try {
    await work();
  } catch (error) {
    if (isArchiveError(error)) return error;
    throw error;
  }
}

/** Does something while nobody may look at some paths. */
async function shutOff<T>(
  home: string,
  paths: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  await chmod(home, 0o755);
  const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode));
  for (const path of paths) await chmod(path, 0);
  if (isRoot) process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid!(0);
    for (const [at, path] of paths.entries()) await chmod(path, modes[at] & 0o777);
  }
}
