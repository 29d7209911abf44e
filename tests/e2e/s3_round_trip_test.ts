/**
 * What the README promises of S3, with a real OpenCode and a real Ceph: each project goes where the
 * rules say, two copies are two, nothing of a private project leaves the machine, and what is in the
 * bucket comes back with nothing but `aws`, `jq` and OpenCode itself.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { RunJson } from "../../adapters/cli/tally.ts";
import { type Exported, withoutPlace } from "./exported_session.ts";
import { type ArchiveCommand, archiveIn } from "./archive_command.ts";
import { aws, findAws } from "./aws_cli.ts";
import { type Ceph, startCeph } from "./ceph.ts";
import { testWithout } from "./missing.ts";
import { echo, type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";
import { cephBackend } from "./s3_yaml.ts";

interface Row {
  readonly key: string;
  readonly id: string;
  readonly backends: readonly string[];
  readonly projectPath: string;
  readonly title: string;
}

const PREFIX = "team/laptop ü+%";

const NAME = "S3, with a real OpenCode and a real Ceph";

function testOn(ceph: Ceph): void {
  let home: OpenCodeHome;
  let archive: ArchiveCommand;
  let bucket: string;
  /** Where it moves in the end. */
  let next: string;
  let first: RunJson;
  const projects: Record<"work" | "open" | "secret", string> = { work: "", open: "", secret: "" };

  const keysOn = async () =>
    (await archive.json<Row[]>("list", "--limit", "0", "--backend", "bucket")).map((row) =>
      row.key
    );

  before(async () => {
    home = await startOpenCodeHome(echo);
    bucket = await ceph.makeBucket();
    projects.work = await home.project("work");
    projects.open = await home.project("open – 開");
    projects.secret = await home.project("private/.hidden");
    next = await ceph.makeBucket();
    await configure("bucket", false);
    archive = archiveIn(home, { CEPH_SECRET: ceph.credentials.secretAccessKey });
    await home.run(projects.work, "Hello from work — ünïcödé 🦊");
    await home.run(projects.open, "Hello from the open");
    await home.run(projects.secret, "nobody may know this");
    first = await archive.json<RunJson>("run");
  });

  after(async () => {
    await home?.close();
    await ceph.stop();
  });

  /** Has everything go to the one bucket or the other, which is only known while it moves. */
  async function configure(main: "bucket" | "next", isMoving = true): Promise<void> {
    const { env, folder } = home;
    const yaml = `backends:
${cephBackend("bucket", ceph, { bucket, prefix: PREFIX })}
${isMoving ? cephBackend("next", ceph, { bucket: next }) : ""}
  disk:
    type: file
    path: ~/mirror
rules:
  - match: ${folder}/projects/private/**
    archive: false
  - match: "~/projects/work"
    backend: [${main}, disk]
default: ${main}
`;
    await writeFile(join(env.XDG_CONFIG_HOME, "opencode/opencode-session-archiver.yaml"), yaml, {
      mode: 0o600,
    });
  }

  it("copies each project where the rules say, and the private one nowhere", async () => {
    assert.deepEqual([first.archived, first.failed], [3, 0]);
    const rows = await archive.json<Row[]>("list", "--limit", "0");
    const holders = Object.fromEntries(rows.map((row) => [row.projectPath, row.backends]));
    assert.deepEqual(holders, {
      [projects.work]: ["bucket", "disk"],
      [projects.open]: ["bucket"],
    });
    const { stdout } = await aws(["s3", "ls", "--recursive", `s3://${bucket}`], ceph);
    assert.equal(stdout.trim().split("\n").length, 2);
    for (const line of stdout.trim().split("\n")) assert.ok(line.includes(`${PREFIX}/`), line);
    assert.doesNotMatch(stdout, /hidden|private/);
    const onDisk = await readdir(join(home.folder, "mirror"), { recursive: true });
    assert.equal(onDisk.filter((name) => name.endsWith(".json")).length, 1);
    assert.doesNotMatch(onDisk.join("\n"), /hidden|private/);
  });

  it("says why a project goes where it goes", async () => {
    for (
      const [project, said] of [["work", /bucket, disk/], ["secret", /archive: false/]] as const
    ) {
      const { code, stdout } = await archive("explain", projects[project]);
      assert.equal(code, 0);
      assert.match(stdout, said);
    }
  });

  it("gives back what OpenCode exports, and archives nothing the second time", async () => {
    for (const { id } of first.sessions) {
      const { stdout } = await archive("get", id);
      const { messages, todos: _, ...rest } = JSON.parse(stdout).native;
      assert.equal(JSON.stringify({ ...rest, messages }), JSON.stringify(await home.export(id)));
    }
    const { archived, unchanged } = await archive.json<RunJson>("run");
    assert.deepEqual([archived, unchanged], [0, 3]);
  });

  it("takes what a session has grown by", async () => {
    const { id } = first.sessions.find(({ backend }) => backend === "disk")!;
    await home.opencode(projects.work, "run", "--session", id, "and more");
    const { archived, unchanged, sessions } = await archive.json<RunJson>("run");
    assert.deepEqual([archived, unchanged], [2, 1]);
    assert.ok(sessions.every((session) => session.id === id));
    assert.match((await archive("show", id, "--backend", "bucket")).stdout, /and more/);
  });

  it("verifies every copy in both", async () => {
    const { ok, missing, damaged } = await archive.json<Record<string, number>>("verify", "--all");
    assert.deepEqual([ok, missing, damaged], [3, 0, 0]);
  });

  it("is green at the doctor's", async () => {
    const { code, stdout, stderr } = await archive("doctor");
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual((await keysOn()).length, 2);
  });

  it("comes back with aws, jq and OpenCode alone", async () => {
    const other = await startOpenCodeHome(echo);
    try {
      const project = await other.project("empty");
      for (const key of await keysOn()) {
        const { bytes, code } = await aws(
          ["s3", "cp", `s3://${bucket}/${PREFIX}/${key}`, "-"],
          ceph,
        );
        assert.equal(code, 0);
        const [document, native] = ["document", "native"].map((name) =>
          join(other.folder, `${name}.json`)
        );
        await writeFile(document, bytes);
        await writeFile(native, await nativeOf(document));
        await other.opencode(project, "import", native);
        const { id } = JSON.parse(new TextDecoder().decode(bytes));
        const [back, original] = [await other.export(id), await home.export(id)] as Exported[];
        assert.deepEqual(withoutPlace(back), withoutPlace(original));
      }
    } finally {
      await other.close();
    }
  });

  it("moves to another bucket, where nothing is to be sent again, even without its state", async () => {
    await configure("bucket");
    const moved = await archive.json<Record<string, number>>("sync", "bucket", "next");
    assert.deepEqual([moved.copied, moved.same, moved.failed], [2, 0, 0]);
    await configure("next");
    try {
      const { archived, unchanged } = await archive.json<RunJson>("run");
      assert.deepEqual([archived, unchanged], [0, 3]);
      await rm(join(home.env.XDG_STATE_HOME, "opencode-session-archiver"), { recursive: true });
      const { found } = await archive.json<Record<string, number>>("rebuild-ledger");
      assert.equal(found, 5);
      const after = await archive.json<RunJson>("run");
      assert.deepEqual([after.archived, after.unchanged], [0, 3]);
      const verified = await archive("verify", "--all");
      assert.equal(verified.code, 0, verified.stderr);
      const again = await archive.json<Record<string, number>>("sync", "bucket", "next");
      assert.deepEqual([again.copied, again.same], [0, 2]);
    } finally {
      await configure("bucket", false);
    }
  });

  it("restores from one of two, and deletes only where it is told to", async () => {
    const { id } = first.sessions.find(({ backend }) => backend === "disk")!;
    const directory = await home.project("restored");
    const [outcome] = await archive.json<{ status: string; id: string }[]>(
      ...["restore", id, "--new-id", "--into", directory, "--backend", "bucket"],
    );
    assert.equal(outcome.status, "restored");
    const asked = await archive("delete", id, "--yes");
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, /--all-backends/);
    assert.equal((await archive("delete", id, "--yes", "--backend", "bucket")).code, 0);
    const rows = await archive.json<Row[]>("list", "--limit", "0", "--project", projects.work);
    assert.deepEqual(rows.map((row) => row.backends), [["disk"]]);
  });
}

/** `jq .native`, as the documents say; where this machine has no jq, what that gives. */
async function nativeOf(file: string): Promise<string> {
  try {
    return (await promisify(execFile)("jq", [".native", file], { maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return JSON.stringify(JSON.parse(await readFile(file, "utf8")).native);
  }
}

const found = await startCeph();
const noAws = "missing" in found ? undefined : await findAws();
if ("missing" in found) testWithout(NAME, found);
else if (noAws) testWithout(NAME, noAws);
else describe(NAME, () => testOn(found));
