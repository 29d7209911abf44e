/**
 * A task is no wall: what the user types, pipes and presses reaches the command behind it, and what
 * the command says and ends with reaches the user. Tried on the real task lines, around a script
 * of our own.
 *
 * @module
 */
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./source/imports.ts";

const SCRIPT = `
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => { console.log("stopped by " + signal); process.exit(); });
}
console.log(JSON.stringify(process.argv.slice(2)));
if (process.argv.includes("wait")) setInterval(() => {}, 1000);
else process.stdin.on("end", () => process.exitCode = 7).pipe(process.stdout);
`;

interface Ended {
  readonly endedBy: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts Deno and gathers what it says. */
function startDeno(
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>> },
): { child: ChildProcess; ended: Promise<Ended>; saidOn: (text: string) => Promise<void> } {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...process.env, CI: "", JUNIT: "", NO_COLOR: "1", ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => stderr += chunk);
  const saidOn = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => stdout.includes(text) && resolve();
      child.stdout.on("data", look);
      look();
    });
  child.stdout.on("data", (chunk) => stdout += chunk);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ endedBy: code ?? signal, stdout, stderr }));
  });
  return { child, ended, saidOn };
}

describe("deno task archive", () => {
  let folder = "";
  const archive = (...args: string[]) =>
    startDeno(["task", "archive", ...args], { cwd: folder, env: { LANE: "npm" } });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "archiver-tasks-"));
    mkdirSync(join(folder, "scripts"));
    const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8"));
    writeFileSync(join(folder, "deno.json"), JSON.stringify({ tasks, lock: false }));
    writeFileSync(join(folder, "deno.npm.json"), JSON.stringify({ lock: false }));
    copyFileSync(new URL("scripts/lane.ts", ROOT), join(folder, "scripts/lane.ts"));
    writeFileSync(join(folder, "scripts/archive.ts"), SCRIPT);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("hands on arguments as they are, stdin, stdout and the exit code, and adds nothing", async () => {
    const { child, ended } = archive("list", "--title", "two  words $HOME *", "--json");
    child.stdin?.end("piped in\n");
    const { endedBy, stdout, stderr } = await ended;
    assert.equal(stdout, `["list","--title","two  words $HOME *","--json"]\npiped in\n`);
    assert.equal(endedBy, 7, stderr);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`hands on ${signal}, waits for the command to stop, and then ends by it too`, async () => {
      const { child, ended, saidOn } = archive("wait");
      await saidOn("wait");
      child.kill(signal);
      const { stdout, endedBy } = await ended;
      assert.equal(stdout, `["wait"]\nstopped by ${signal}\n`);
      assert.equal(endedBy, signal);
    });
  }
});

describe("scripts/lane.ts", () => {
  it("takes the jsr lane where JSR answers", async () => {
    const module = "export {};\n";
    const checksum = `sha256-${createHash("sha256").update(module).digest("hex")}`;
    const files: Readonly<Record<string, unknown>> = {
      "/@std/path/meta.json": { scope: "std", name: "path", versions: { "1.0.0": {} } },
      "/@std/path/1.0.0_meta.json": {
        exports: { ".": "./mod.ts" },
        manifest: { "/mod.ts": { size: module.length, checksum } },
      },
      "/@std/path/1.0.0/mod.ts": module,
    };
    const registry = createServer((request, response) => {
      const file = files[request.url ?? ""];
      response.writeHead(file === undefined ? 404 : 200);
      response.end(typeof file === "string" ? file : JSON.stringify(file));
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    const { port } = registry.address() as AddressInfo;
    const cache = mkdtempSync(join(tmpdir(), "archiver-deno-"));
    try {
      const { ended } = startDeno(
        ["run", "-qA", "--no-config", "--no-lock", "scripts/lane.ts", "test"],
        {
          cwd: ROOT.pathname,
          env: { LANE: "", JSR_URL: `http://127.0.0.1:${port}/`, DENO_DIR: cache },
        },
      );
      const { stdout, stderr } = await ended;
      assert.equal(stdout, "--config deno.json --lock=deno.lock\n");
      assert.equal(stderr, "");
    } finally {
      registry.closeAllConnections();
      await new Promise((resolve) => registry.close(resolve));
      rmSync(cache, { recursive: true });
    }
  });
});
