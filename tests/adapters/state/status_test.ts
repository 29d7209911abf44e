import assert from "node:assert/strict";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { type BackendStatus, readStatus, type Status } from "../../../adapters/state/status.ts";
import { writeStatus } from "../../../adapters/state/status_writing.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { during } from "../../during.ts";
import fc from "../../properties.ts";
import { withDisk, withFolder } from "./temporary.ts";

const at = "2026-01-15T12:34:56.789Z";

const backend: BackendStatus = {
  identity: "s3:https://s3.example.com/my-archives/",
  lastSuccess: { at, session: "ses_1", key: "home_me_project/2026-01-15/ses_1.json" },
  lastFailure: { at, code: "Unauthorized", message: "s3 refuses the credentials" },
  failing: true,
  nextTryAt: at,
  pause: { until: at, files: { "/home/me/.aws/credentials": "1:2:3:4:5" } },
  waiting: 2,
  waitingSince: at,
};

const least: Status = {
  version: 1,
  updatedAt: at,
  config: { path: "/home/me/config.yaml", stamp: "missing", auto: true, waitOnExitMs: 4000 },
  backends: {},
  waiting: 0,
};

const most: Status = {
  ...least,
  config: { ...least.config, problem: "backends.s3.bucket is missing" },
  backends: { s3: backend, disk: { identity: "file:///archives", failing: false } },
  waiting: 3,
  stuck: {
    sessions: 2,
    last: { at, session: "ses_1", code: "Corrupt", message: "ses_1 is damaged" },
  },
  parked: {
    sessions: 1,
    list: [{
      agent: "opencode",
      session: "ses_2",
      backend: "s3",
      since: at,
      code: "Invalid",
      message: "ses_2 is too large",
    }],
  },
  history: { sessions: 120 },
  firstSuccess: at,
};

/** The same with a value at a path of names; undefined removes what is there. */
function changed(status: Status, path: readonly string[], value: unknown): unknown {
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(status));
  let inner = copy;
  for (const name of path.slice(0, -1)) inner = inner[name] as Record<string, unknown>;
  inner[path.at(-1) ?? ""] = value;
  return copy;
}

describe("the status", () => {
  it("is undefined where there is none", () =>
    withFolder(async (folder) => {
      assert.equal(await readStatus(folder), undefined);
      assert.equal(await readStatus(join(folder, "missing")), undefined);
    }));

  for (const [what, status] of Object.entries({ least, most })) {
    it(`is read as it was written with the ${what} in it`, () =>
      withFolder(async (folder) => {
        await writeStatus(folder, status);
        assert.deepEqual(await readStatus(folder), status);
        assert.deepEqual(await readdir(folder), ["status.json"]);
        if (process.platform === "win32") return;
        assert.equal((await stat(join(folder, "status.json"))).mode & 0o777, 0o600);
      }));
  }

  it("may tell more than is known here", () =>
    withFolder(async (folder) => {
      const more = { ...most, lag: { s3: 3 } };
      await writeFile(join(folder, "status.json"), JSON.stringify(more));
      assert.deepEqual(await readStatus(folder), more);
    }));

  for (
    const [path, value] of [
      [["version"], 2],
      [["version"], "1"],
      [["updatedAt"], undefined],
      [["updatedAt"], "lately"],
      [["config"], null],
      [["config", "path"], 1],
      [["config", "stamp"], undefined],
      [["config", "problem"], false],
      [["config", "auto"], "true"],
      [["config", "waitOnExitMs"], -1],
      [["config", "waitOnExitMs"], null],
      [["backends"], []],
      [["backends", "s3"], "fine"],
      [["backends", "s3", "identity"], undefined],
      [["backends", "s3", "failing"], 0],
      [["backends", "s3", "nextTryAt"], 12],
      [["backends", "s3", "lastSuccess"], {}],
      [["backends", "s3", "lastSuccess", "key"], undefined],
      [["backends", "s3", "lastFailure", "at"], "soon"],
      [["waiting"], "3"],
      [["stuck"], 2],
      [["stuck", "sessions"], "2"],
      [["stuck", "last"], undefined],
      [["stuck", "last", "at"], "lately"],
      [["stuck", "last", "session"], null],
      [["backends", "s3", "pause"], at],
      [["backends", "s3", "pause", "until"], "soon"],
      [["backends", "s3", "pause", "files"], ["/home/me/.aws/credentials"]],
      [["backends", "s3", "pause", "files", "/home/me/.aws/credentials"], 1],
      [["backends", "s3", "waiting"], "2"],
      [["backends", "s3", "waitingSince"], "lately"],
      [["parked"], 1],
      [["parked", "sessions"], null],
      [["parked", "list"], {}],
      [["parked", "list", "0"], "ses_2"],
      [["parked", "list", "0", "since"], undefined],
      [["parked", "list", "0", "message"], 7],
      [["history"], 120],
      [["history", "sessions"], undefined],
      [["firstSuccess"], true],
    ] as const
  ) {
    it(`with ${JSON.stringify(value) ?? "nothing"} as ${path.join(".")} is not believed`, () =>
      withFolder(async (folder) => {
        const wrong = changed(most, path, value);
        await writeFile(join(folder, "status.json"), JSON.stringify(wrong));
        assert.equal(await readStatus(folder), undefined);
      }));
  }

  it("that is damaged is undefined, whatever the damage", () =>
    withFolder(async (folder) => {
      const text = JSON.stringify(most);
      const damaged = fc.oneof(
        fc.nat(text.length - 1).map((end) => text.slice(0, end)),
        fc.nat(text.length).map((zeros) => "\0".repeat(zeros)),
        fc.json(),
      );
      await fc.assert(
        fc.asyncProperty(damaged, async (content) => {
          await writeFile(join(folder, "status.json"), content);
          assert.equal(await readStatus(folder), undefined);
        }),
        { numRuns: 80 },
      );
    }));

  it("that is no file at all is undefined", () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, "status.json"));
      assert.equal(await readStatus(folder), undefined);
      await assert.rejects(
        writeStatus(folder, least),
        (error) => isArchiveError(error, "Invalid") && error.message.includes("status.json"),
      );
      assert.deepEqual(await readdir(folder), ["status.json"]);
    }));

  it("is whole at any time, and the last one asked for stays", () =>
    withFolder(async (folder) => {
      await writeStatus(folder, least);
      const writes = Array.from({ length: 50 }, (_, n) => ({ ...most, waiting: n }))
        .map((status) => writeStatus(folder, status));
      await during(Promise.all(writes), async () => assert.ok(await readStatus(folder)));
      assert.equal((await readStatus(folder))?.waiting, 49);
    }));

  it("is written over what a killed process left, and after a failure", () =>
    withFolder(async (folder) => {
      const state = join(folder, "state");
      await assert.rejects(writeStatus(state, least), (error) => isArchiveError(error, "NotFound"));
      await mkdir(state);
      await writeFile(join(state, "status.json.new"), "{");
      await writeStatus(state, least);
      assert.deepEqual(await readdir(state), ["status.json"]);
    }));

  it("stays as it was on a full disk", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      await writeStatus(disk, least);
      await writeFile(join(disk, "filler"), new Uint8Array(64 << 10)).catch(() => undefined);
      await assert.rejects(writeStatus(disk, most), (error) => isArchiveError(error, "Transient"));
      assert.deepEqual(await readStatus(disk), least);
      assert.deepEqual((await readdir(disk)).toSorted(), ["filler", "status.json"]);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });
});
