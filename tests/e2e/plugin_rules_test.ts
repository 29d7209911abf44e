/**
 * Rules, with the plugin in a real OpenCode, a folder and a real Ceph: each project is archived where
 * they say, by itself, and a private one nowhere.
 */
import { type _Object, GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { type Ceph, startCeph } from "./ceph.ts";
import { testWithout } from "./missing.ts";
import type { ArchivedDocument, PluginHome } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import type { OpenCodeHome, OpenCodeServer } from "./real_opencode.ts";
import { cephBackend } from "./s3_yaml.ts";

const NAME = "the plugin's rules, with a real OpenCode and a real Ceph";

function testOn(ceph: Ceph): void {
  const { home, serve, opened } = pluginHomes(after);
  opened({ close: () => ceph.stop() });
  let where: PluginHome;
  let server: OpenCodeServer;
  let bucket: string;
  let disk: string;

  /** What each project does, in the order of the rules. */
  const yaml = ({ folder }: OpenCodeHome, open = "bucket") =>
    `backends:
${cephBackend("bucket", ceph, { bucket, prefix: "team" })}
  disk:
    type: file
    path: ~/mirror
rules:
  - match: ${folder}/projects/private/**
    archive: false
  - match: "~/projects/work"
    backend: [bucket, disk]
  - match: "~/projects/notes/**"
    backend: disk
default: ${open}
archive:
  minInterval: 1s
`;

  before(async () => {
    bucket = await ceph.makeBucket();
    where = await home({ yaml, env: { CEPH_SECRET: ceph.credentials.secretAccessKey } });
    disk = join(where.folder, "mirror");
    server = await serve(where, await where.project("work"));
  });

  /** The names in the bucket, without the prefix that all must have. */
  async function inBucket(): Promise<string[]> {
    const found: _Object[] = [];
    for await (const page of paginateListObjectsV2(ceph, { Bucket: bucket })) {
      found.push(...page.Contents ?? []);
    }
    return found.map(({ Key = "" }) => {
      assert.ok(Key.startsWith("team/"), Key);
      return Key.slice("team/".length);
    });
  }

  async function bytesInBucket(key: string): Promise<string> {
    const wanted = new GetObjectCommand({ Bucket: bucket, Key: `team/${key}` });
    return await (await ceph.client.send(wanted)).Body!.transformToString();
  }

  const onDisk = () => where.keys(disk);

  async function sessionIn(name: string, prompt = `Hello from ${name}`) {
    const project = await where.project(name);
    const id = await server.create(project);
    await server.prompt(project, id, prompt);
    return { project, id };
  }

  /** Waits until a session is in some places, and gives its key in either; empty where it is not. */
  async function placesOf(id: string, ...expected: ("bucket" | "disk")[]) {
    const keyIn = (keys: string[]) => keys.find((key) => key.endsWith(`/${id}.json`)) ?? "";
    return await where.until(`${id} is in ${expected.join(" and ")}`, async () => {
      const places = { bucket: keyIn(await inBucket()), disk: keyIn(await onDisk()) };
      const hasArrived = expected.every((place) => places[place] !== "");
      return hasArrived && await where.waiting() === 0 && places;
    });
  }

  it("archives a project in two places, one in the folder, all others in the bucket", async () => {
    const work = await sessionIn("work");
    const notes = await sessionIn("notes/2026 – ü");
    const other = await sessionIn("open source");
    const twice = await placesOf(work.id, "bucket", "disk");
    assert.equal(twice.bucket, twice.disk);
    const file = await readFile(join(disk, twice.disk), "utf8");
    assert.equal(await bytesInBucket(twice.bucket), file);
    const document: ArchivedDocument = JSON.parse(file);
    assert.deepEqual([document.id, document.projectPath], [work.id, work.project]);
    assert.equal((await placesOf(notes.id, "disk")).bucket, "");
    assert.equal((await placesOf(other.id, "bucket")).disk, "");
  });

  it("archives a private project nowhere, and keeps nothing waiting for it", async () => {
    const { id } = await sessionIn("private/.hidden/deep", "nobody may know this");
    await where.until(
      "it is left alone, and that is said",
      async () =>
        await where.waiting() === 0 && (await where.relayLog()).includes(`left ${id} alone`),
    );
    // Sessions that go idle later are archived later: had it been sent, it would be there by now.
    const later = await sessionIn("work", "after it");
    await placesOf(later.id, "bucket", "disk");
    for (const keys of [await inBucket(), await onDisk()]) {
      assert.ok(!keys.some((key) => key.includes(id) || /private|hidden/.test(key)), `${keys}`);
    }
    for (const key of await inBucket()) {
      assert.doesNotMatch(await bytesInBucket(key), /nobody may know this/);
    }
  });

  it("takes a worktree that OpenCode made for the repository that it is of", async () => {
    const repository = await where.project("private/repository");
    await writeFile(join(repository, "a"), "a");
    const author = ["-c", "user.email=me@example.com", "-c", "user.name=me"];
    for (const args of [["init", "-q"], ["add", "."], [...author, "commit", "-qm", "a"]]) {
      await promisify(execFile)("git", ["-C", repository, ...args], { env: where.env });
    }
    const { directory } = await server.request(
      "POST",
      `/experimental/worktree?directory=${encodeURIComponent(repository)}`,
      {},
    ) as { readonly directory: string };
    assert.ok(!directory.startsWith(repository), directory);
    const id = await where.until("a session can begin there", async () => {
      const session = await server.create(directory).catch(() => undefined);
      if (session !== undefined) await server.prompt(directory, session, "nobody may know this");
      return session;
    });
    await where.until(
      "it is left alone, and that is said",
      async () => (await where.relayLog()).includes(`left ${id} alone: the rules`),
    );
    for (const keys of [await inBucket(), await onDisk()]) {
      assert.ok(!keys.some((key) => key.includes(id)), `${keys}`);
    }
  });

  it("follows rules that change while OpenCode runs", async () => {
    const before = await sessionIn("open source");
    await placesOf(before.id, "bucket");
    await writeFile(where.configFile, yaml(where, "disk"));
    const after = await sessionIn("open source");
    assert.equal((await placesOf(after.id, "disk")).bucket, "");
    // What is in a bucket stays there; what is added to the session goes where it goes now.
    await server.prompt(before.project, before.id, "and more");
    await where.until(
      "all of it is in the folder",
      async () => (await where.document(before.id, disk))?.native.messages.length === 4,
    );
    await placesOf(before.id, "bucket", "disk");
  });
}

const found = await startCeph();
if ("missing" in found) testWithout(NAME, found);
else describe(NAME, () => testOn(found));
