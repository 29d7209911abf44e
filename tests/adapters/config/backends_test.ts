import assert from "node:assert/strict";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBackends } from "../../../adapters/config/backends.ts";
import { UnusableBackend } from "../../../adapters/config/unusable_backend.ts";
import { Archiver } from "../../../core/archiver.ts";
import type { Finding } from "../../../core/backend.ts";
import { ArchiveError, isArchiveError } from "../../../core/errors.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import { S3Backend } from "../../../backends/s3.ts";
import { read, withFolder } from "./reading.ts";

/** An environment whose shared AWS configuration is in a folder. */
function awsIn(folder: string): Record<string, string> {
  return {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
  };
}

describe("the backends of a configuration", () => {
  it("are opened in the file's order, with names, places and options", async () => {
    await withFolder(async (folder) => {
      const env = { ...awsIn(folder), SECRET: "hunter2" };
      const config = read(
        `
backends:
  minio:
    type: s3
    bucket: opencode
    prefix: team/laptop
    endpoint: http://127.0.0.1:9000
    credentials: {accessKeyId: id, secretAccessKey: "\${SECRET}"}
    quirks: {createOnly: true}
  disk: {type: file, path: ${join(folder, "archives")}}
  aws: {type: s3, bucket: my-bucket, region: eu-central-1}
default: disk
`,
        { env },
      );
      const backends = await openBackends(config, { env });
      assert.deepEqual(backends.map(({ name }) => name), ["minio", "disk", "aws"]);
      const [minio, disk, aws] = backends;
      assert.ok(minio instanceof S3Backend && aws instanceof S3Backend);
      assert.equal(minio.place.endpoint, "http://127.0.0.1:9000");
      assert.equal(minio.place.prefix, "team/laptop/");
      assert.ok(minio.capabilities.createOnly);
      assert.equal(aws.place.region, "eu-central-1");
      assert.equal(disk.identity, `file:${join(folder, "archives")}`);
      await Promise.all(backends.map((backend) => backend.close?.()));
    });
  });

  it("are none the worse for one that cannot be opened", async () => {
    await withFolder(async (folder) => {
      const env = awsIn(folder);
      await writeFile(env.AWS_CONFIG_FILE, "[profile work]\nregion = eu-west-1\n");
      const config = read(
        `
backends:
  lost: {type: s3, bucket: my-bucket, profile: wrok}
  disk: {type: file, path: ${join(folder, "archives")}}
default: [lost, disk]
`,
        { env },
      );
      const [chosen, ...others] = await openBackends(config, { env, only: "disk" });
      assert.deepEqual([chosen.name, others], ["disk", []]);
      const [lost, disk] = await openBackends(config, { env });
      assert.ok(lost instanceof UnusableBackend);
      assert.equal(lost.identity, "unusable:lost");
      assert.match(lost.reason.message, /lost/);
      assert.match(lost.reason.message, /wrok/);

      const agent = new MemoryAgent();
      agent.set({
        id: "one",
        projectPath: "/home/me/project",
        createdAt: "2026-01-31T12:00:00.000Z",
        messages: [{ id: "m1", role: "user", text: "hello" }],
      });
      const archiver = new Archiver({ agents: [agent], backends: [lost, disk] });
      const copies: [string, string][] = [];
      for await (const outcome of archiver.archiveAll()) {
        for (const { backend, status } of outcome.copies) copies.push([backend, status]);
      }
      assert.deepEqual(copies.sort(), [["disk", "archived"], ["lost", "failed"]]);
      assert.deepEqual(await readdir(join(folder, "archives")), ["home_me_project"]);
      await archiver.close();
    });
  });

  it("never are two in one place", async () => {
    await withFolder(async (folder) => {
      const env = awsIn(folder);
      await writeFile(
        env.AWS_CONFIG_FILE,
        "[profile a]\nendpoint_url = http://127.0.0.1:9\n[profile b]\nregion = eu-west-1\n",
      );
      const config = read(
        `
backends:
  direct: {type: s3, bucket: my-bucket, endpoint: "http://127.0.0.1:9"}
  profile: {type: s3, bucket: my-bucket, profile: a}
  other: {type: s3, bucket: my-bucket, profile: b}
default: direct
`,
        { env },
      );
      const [direct, profile, other] = await openBackends(config, { env });
      assert.ok(direct instanceof S3Backend && other instanceof S3Backend);
      assert.ok(profile instanceof UnusableBackend);
      assert.match(profile.reason.message, /"profile" stores in the same place as "direct"/);
    });
  });

  it("are refused already in the file when links show that they are one folder", {
    skip: process.platform === "win32",
  }, async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "real"));
      await symlink(join(folder, "real"), join(folder, "link"));
      const both = ["real", "link"].map((name) =>
        `${name}: {type: file, path: ${join(folder, name, "archives")}}`
      );
      assert.throws(
        () => read(`backends: {${both.join(", ")}}\ndefault: real`),
        /backends\.link: stores in the same place as backends\.real/,
      );
    });
  });
});

describe("UnusableBackend", () => {
  it("fails every call with the reason, naming the backend", async () => {
    const cause = new ArchiveError("Unauthorized", "the login has expired", { retryable: true });
    const backend = new UnusableBackend("work", cause);
    const calls = [
      () => backend.put(),
      () => backend.get(),
      () => backend.head(),
      () => backend.delete(),
      async () => {
        for await (const page of backend.list()) assert.fail(`${page.objects.length} objects`);
      },
    ];
    const findings: Finding[] = [];
    for await (const finding of backend.probe()) findings.push(finding);
    assert.deepEqual(findings.map(({ check, status, error }) => [check, status, error]), [
      ["open", "failed", backend.reason],
    ]);
    for (const call of calls) {
      await assert.rejects(call, (error) => {
        assert.ok(isArchiveError(error, "Unauthorized"));
        assert.equal(error.message, 'the backend "work" cannot be used: the login has expired');
        assert.equal(error.backend, "work");
        assert.equal(error.retryable, true);
        assert.equal(error.cause, cause);
        return true;
      });
    }
  });

  it("leaves a message alone that names the backend", () => {
    const cause = new ArchiveError("Invalid", 'the backend "work" has no such profile', {
      backend: "work",
    });
    assert.equal(new UnusableBackend("work", cause).reason, cause);
  });
});
