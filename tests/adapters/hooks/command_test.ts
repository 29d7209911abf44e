import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { hookCommand, isOurs, pathsIn, type Shell } from "../../../adapters/hooks/command.ts";
import { doubtAbout } from "../../../adapters/hooks/lasting.ts";

const SCRIPT = new URL("file:///opt/it's%20here/esm/adapters/cli/bin.js");
const PATH = "/opt/it's here/esm/adapters/cli/bin.js";

/** What a shell says of a command line. */
async function ran(command: string): Promise<{ code: number; said: string }> {
  return await new Promise((resolve) => {
    const child = execFile(
      "/bin/sh",
      ["-c", command],
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    );
    // It may be gone before it was told anything.
    child.stdin?.on("error", () => {});
    child.stdin?.end("{}");
  });
}

describe("the command line of a hook", () => {
  for (const shell of ["sh", "cmd", "powershell"] satisfies Shell[]) {
    it(`is known again in ${shell}, with what it goes by`, () => {
      const runtime = { execPath: "/usr/my bin/node", versions: {} };
      const place = { platform: "linux", script: SCRIPT, runtime };
      const command = hookCommand("codex", shell, place);
      assert.ok(isOurs(command), command);
      assert.deepEqual(pathsIn(command), ["/usr/my bin/node", PATH]);
    });
  }

  it("is known again on Deno, with its flags, and with a configuration", () => {
    const runtime = { execPath: "/usr/bin/deno", versions: { deno: "2" } };
    const place = { platform: "linux", script: SCRIPT, runtime, config: "/my/it.yaml" };
    const command = hookCommand("gemini", "sh", place);
    assert.deepEqual(pathsIn(command), ["/usr/bin/deno", PATH]);
    assert.match(command, / hook gemini --config \/my\/it\.yaml >/);
  });

  it("is not what others call", () => {
    for (const command of ["say hook codex", "node /x/bin.js hook codex", "", undefined, 7]) {
      assert.equal(isOurs(command), false);
    }
  });

  it("is known again whoever it is for, but not once somebody changed it, nor another one's", () => {
    const config = "/a b/it's.yaml";
    for (const shell of ["sh", "cmd", "powershell"] as const) {
      for (const place of [{}, { config }]) {
        const command = hookCommand("codex", shell, {
          platform: "linux",
          script: SCRIPT,
          ...place,
        });
        assert.ok(isOurs(command), command);
        assert.ok(!isOurs(`${command}; notify-send done`), command);
      }
    }
    assert.ok(!isOurs("/opt/mytool/cli/bin.js hook codex && notify-send done"));
    assert.ok(!isOurs("my-wrapper /opt/session-archiver/cli/bin.js hook codex"));
  });

  it("runs the program in the root, hands on what is said to it, and says nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "it's a hook "));
    try {
      const execPath = join(folder, "node");
      await writeFile(
        execPath,
        `#!/bin/sh\nexec > "$1.seen"\necho "$PWD $2 $3"; cat\necho no >&2\nexit 3\n`,
      );
      await chmod(execPath, 0o755);
      await mkdir(join(folder, "cli"));
      const file = join(folder, "cli", "bin.js");
      const runtime = { execPath, versions: {} };
      const place = { platform: "linux", script: pathToFileURL(file), runtime };
      const command = hookCommand("claude-code", "sh", place);
      assert.deepEqual(await ran(command), { code: 0, said: "" });
      assert.equal(await readFile(`${file}.seen`, "utf8"), "/ hook claude-code\n{}");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is content and says nothing where the runtime or the program is gone", async () => {
    for (const execPath of ["/nowhere/node", process.execPath]) {
      const runtime = { execPath, versions: process.versions };
      const command = hookCommand("codex", "sh", { platform: "linux", script: SCRIPT, runtime });
      assert.deepEqual(await ran(command), { code: 0, said: "" });
    }
  });
});

describe("a place for the program", () => {
  it("has to last", () => {
    const gone =
      "/home/me/.npm/_npx/1f/node_modules/opencode-session-archiver/esm/adapters/cli/bin.js";
    const doubt = doubtAbout("/usr/bin/node", gone, "install-hooks");
    assert.ok(doubt?.isFatal);
    assert.match(doubt.message, /_npx.* lies in a cache.*npm install --global/);
    assert.ok(doubtAbout("/home/me/.cache/deno/bin/deno", PATH, "service")?.isFatal);
    assert.equal(
      doubtAbout("/usr/bin/node", join(tmpdir(), "x", "bin.js"), "service")?.isFatal,
      false,
    );
    assert.equal(doubtAbout("/usr/bin/node", PATH, "service"), undefined);
  });

  it("has to be a runtime's, not an agent's own", () => {
    assert.ok(doubtAbout("/usr/bin/opencode", PATH, "service")?.isFatal);
    assert.equal(doubtAbout("C:\\Program Files\\nodejs\\node.exe", PATH, "service"), undefined);
  });
});
