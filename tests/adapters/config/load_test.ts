import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type ConfigError,
  isConfigError,
} from "../../../adapters/config/complaints/config_error.ts";
import { type ConfigSurroundings, loadConfig } from "../../../adapters/config/load.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { read, withFolder } from "./reading.ts";

const VALID = "backends: {disk: {type: file, path: archives}}\n";
const DEFAULT = join(".config", "opencode", "opencode-session-archiver.yaml");

/** The surroundings of somebody whose home is a folder. */
function at(home: string, more: Partial<ConfigSurroundings> = {}): ConfigSurroundings {
  return { env: { HOME: home }, platform: "linux", cwd: () => join(home, "here"), ...more };
}

async function refused(where: ConfigSurroundings): Promise<ConfigError> {
  try {
    await loadConfig(where);
  } catch (error) {
    assert.ok(isConfigError(error) && isArchiveError(error, "Invalid"), String(error));
    assert.equal(error.name, "ArchiveError");
    assert.equal(error.retryable, false);
    return error;
  }
  assert.fail("nothing was wrong");
}

/** Writes the file that is read when none is named. */
async function writeDefault(home: string, content: string | Uint8Array): Promise<string> {
  await mkdir(join(home, ".config", "opencode"), { recursive: true });
  await writeFile(join(home, DEFAULT), content, { mode: 0o600 });
  return join(home, DEFAULT);
}

describe("without a file", { skip: process.platform === "win32" }, () => {
  it("one folder of this machine takes everything", async () => {
    await withFolder(async (home) => {
      assert.deepEqual(await loadConfig(at(home)), {
        path: join(home, DEFAULT),
        exists: false,
        backends: new Map([["default", {
          type: "file",
          path: join(home, ".local/share/opencode-session-archiver/archives"),
        }]]),
        rules: [],
        default: ["default"],
        archive: read("backends: {disk: {type: file, path: /x}}\narchive: {}").archive,
        agentsOff: [],
        layouts: {},
        warnings: [],
      });
    });
  });

  it("all other settings are those of a file that leaves them out", async () => {
    await withFolder(async (home) => {
      const without = await loadConfig(at(home));
      await writeDefault(home, VALID);
      assert.deepEqual((await loadConfig(at(home))).archive, without.archive);
    });
  });
});

describe("the file", { skip: process.platform === "win32" }, () => {
  it("is the named one, else the environment's, else the default one", async () => {
    await withFolder(async (home) => {
      await writeDefault(home, VALID);
      await mkdir(join(home, "here"));
      for (const name of ["named.yaml", "env.yaml"]) await writeFile(join(home, name), VALID);
      await writeFile(join(home, "here", "relative.yaml"), VALID);
      const env = { HOME: home, SESSION_ARCHIVER_CONFIG: join(home, "env.yaml") };
      const pathOf = async (more: Partial<ConfigSurroundings>) =>
        (await loadConfig(at(home, more))).path;
      assert.equal(await pathOf({ env, path: join(home, "named.yaml") }), join(home, "named.yaml"));
      assert.equal(await pathOf({ env }), join(home, "env.yaml"));
      assert.equal(await pathOf({}), join(home, DEFAULT));
      assert.equal(
        await pathOf({ env: { HOME: home, SESSION_ARCHIVER_CONFIG: "" } }),
        join(home, DEFAULT),
      );
      assert.equal(await pathOf({ path: "relative.yaml" }), join(home, "here", "relative.yaml"));
      assert.equal(await pathOf({ path: "~/named.yaml" }), join(home, "named.yaml"));
      const tilde = { HOME: home, SESSION_ARCHIVER_CONFIG: "~/env.yaml" };
      assert.equal(await pathOf({ env: tilde }), join(home, "env.yaml"));
    });
  });

  it("gives relative paths their folder", async () => {
    await withFolder(async (home) => {
      await writeDefault(home, VALID);
      const { backends } = await loadConfig(at(home));
      assert.deepEqual(backends.get("disk"), {
        type: "file",
        path: join(home, ".config/opencode/archives"),
      });
    });
  });

  it("may begin with a byte order mark and end lines as Windows does", async () => {
    await withFolder(async (home) => {
      await writeDefault(home, `\ufeff${VALID.replaceAll("\n", "\r\n")}`);
      assert.ok((await loadConfig(at(home))).exists);
    });
  });

  it("takes HOSTNAME from the host where the environment lacks it", async () => {
    await withFolder(async (home) => {
      await writeDefault(home, "backends: {a: {type: s3, bucket: bbb, prefix: '${HOSTNAME}'}}");
      const prefixOf = async (where: ConfigSurroundings) => {
        const backend = (await loadConfig(where)).backends.get("a");
        return backend?.type === "s3" ? backend.prefix : undefined;
      };
      assert.equal(await prefixOf(at(home)), hostname());
      assert.equal(await prefixOf(at(home, { hostname: () => "box" })), "box");
      const env = { HOME: home, HOSTNAME: "other" };
      assert.equal(await prefixOf(at(home, { env, hostname: () => "box" })), "other");
    });
  });
});

describe("a file that cannot be used", { skip: process.platform === "win32" }, () => {
  it("never gives way to the default backend when it was named", async () => {
    await withFolder(async (home) => {
      await writeDefault(home, VALID);
      const gone = join(home, "gone.yaml");
      const named = await refused(at(home, { path: gone }));
      assert.equal(
        named.message,
        `${gone}: does not exist, and --config names it; make it, or name another one`,
      );
      assert.equal(named.path, gone);
      const byEnv = await refused(at(home, { env: { HOME: home, SESSION_ARCHIVER_CONFIG: gone } }));
      assert.match(byEnv.message, /does not exist, and SESSION_ARCHIVER_CONFIG names it/);
    });
  });

  it("is refused for its name", async () => {
    await withFolder(async (home) => {
      assert.match((await refused(at(home, { path: "" }))).message, /^--config \(""\) is empty/);
      const env = { HOME: home, SESSION_ARCHIVER_CONFIG: "here.yaml" };
      assert.match(
        (await refused(at(home, { env }))).message,
        /_CONFIG \("here.yaml"\) is relative/,
      );
    });
  });

  it("is refused when it is a folder, a pipe, a link to nowhere or below one", async () => {
    await withFolder(async (home) => {
      await mkdir(join(home, DEFAULT), { recursive: true });
      assert.match((await refused(at(home))).message, /is a folder; put a file in its place/);
      assert.match((await refused(at(home, { path: home }))).message, /is a folder; name a file/);
      execFileSync("mkfifo", [join(home, "pipe")]);
      assert.match((await refused(at(home, { path: "../pipe" }))).message, /is no plain file/);
    });
    await withFolder(async (home) => {
      await mkdir(join(home, ".config", "opencode"), { recursive: true });
      await symlink(join(home, "unmounted"), join(home, DEFAULT));
      assert.match((await refused(at(home))).message, /leads nowhere/);
    });
    await withFolder(async (home) => {
      await symlink(join(home, "unmounted"), join(home, ".config"));
      assert.match((await refused(at(home))).message, /leads nowhere/);
    });
    await withFolder(async (home) => {
      await writeFile(join(home, ".config"), "");
      assert.match((await refused(at(home))).message, /cannot be read \(ENOTDIR\)/);
      await symlink("loop", join(home, "loop"));
      const error = await refused(at(home, { path: "~/loop" }));
      assert.match(error.message, /cannot be read \(ELOOP\)/);
      assert.ok(error.cause instanceof Error);
    });
  });

  it("is refused when this user may not read it", { skip: process.getuid?.() === 0 }, async () => {
    await withFolder(async (home) => {
      await chmod(await writeDefault(home, VALID), 0o000);
      const error = await refused(at(home));
      assert.match(error.message, /cannot be read \(EACCES\); make it readable/);
      assert.ok(error.cause instanceof Error);
    });
  });

  it("is refused when it is empty, huge or not UTF-8", async () => {
    await withFolder(async (home) => {
      for (const empty of ["", "\n", "# nothing yet\n", "\ufeff", "---\n", "~\n"]) {
        await writeDefault(home, empty);
        assert.match((await refused(at(home))).message, /is empty; write at least backends: .*}}$/);
      }
      await writeDefault(home, `${VALID}#${" ".repeat(1 << 20)}`);
      assert.match((await refused(at(home))).message, /larger than 1 MiB/);
      await writeDefault(home, new Uint8Array([0x61, 0x3a, 0x20, 0xff]));
      assert.match((await refused(at(home))).message, /is not UTF-8/);
      await writeDefault(home, new Uint8Array([0xff, 0xfe, 0x61, 0x00]));
      assert.match((await refused(at(home))).message, /is not UTF-8/);
    });
  });
});

describe("the warning about a readable file", { skip: process.platform === "win32" }, () => {
  const SECRET = "backends: {a: {type: s3, bucket: bbb, credentials: " +
    "{accessKeyId: id, secretAccessKey: hunter2}}}";

  const warnings = async (text: string, mode: number, platform = "linux") => {
    let found: readonly string[] = [];
    await withFolder(async (home) => {
      await chmod(await writeDefault(home, text), mode);
      found = (await loadConfig(at(home, { platform }))).warnings;
    });
    return found;
  };

  it("comes when it holds a secret and others may do anything with it", async () => {
    for (const mode of [0o644, 0o640, 0o620, 0o604]) {
      const [warning, ...rest] = await warnings(SECRET, mode);
      assert.match(warning, /holds credentials and is open to others.*; run: chmod 600 /);
      assert.ok(!warning.includes("hunter2"));
      assert.deepEqual(rest, []);
    }
  });

  it("does not come for a file of one's own, or one without secrets", async () => {
    assert.deepEqual(await warnings(SECRET, 0o600), []);
    assert.deepEqual(await warnings(SECRET, 0o400), []);
    assert.deepEqual(await warnings(SECRET.replace("hunter2", "'${HOME}'"), 0o644), []);
    assert.deepEqual(await warnings(VALID, 0o666), []);
  });
});
