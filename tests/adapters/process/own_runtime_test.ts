import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { ownFile } from "../../../adapters/process/own_file.ts";
import { onOwnRuntime } from "../../../adapters/process/own_runtime.ts";

const script = new URL("file:///opt/a%20package/relay/main.js");
const posix = { skip: process.platform === "win32" };

describe("a program of this package", () => {
  it("lies beside the module that starts it, with the same ending", () => {
    const url = (ending: string) => `file:///p/adapters/relay/start.${ending}`;
    assert.equal(ownFile("./main", url("ts")).href, "file:///p/adapters/relay/main.ts");
    assert.equal(ownFile("../cli/bin", url("js")).href, "file:///p/adapters/cli/bin.js");
    assert.equal(ownFile("./main", `${url("js")}?v=1`).href, "file:///p/adapters/relay/main.js");
  });

  it("is a path for Bun, Node, and agents that embed one of them", posix, () => {
    const runtime = { execPath: "/opt/agent", versions: { bun: "1.3.14" } };
    assert.deepEqual(onOwnRuntime(script, { cwd: "/state", flags: ["--smol"], runtime }), {
      command: "/opt/agent",
      args: ["--smol", "/opt/a package/relay/main.js"],
      env: { PWD: "/state", BUN_BE_BUN: "1" },
      cwd: "/state",
    });
  });

  it("may do everything on Deno, as it may elsewhere", posix, () => {
    const runtime = { execPath: "/opt/deno", versions: { deno: "2.9.6" } };
    const run = ["run", "--quiet", "--allow-all", "--no-lock"];
    const flags = ["--config", "deno.json"];
    const { args } = onOwnRuntime(script, { cwd: "/state", flags, runtime });
    assert.deepEqual(args, [...run, ...flags, "/opt/a package/relay/main.js"]);
    const remote = new URL("https://example.com/main.ts");
    assert.equal(onOwnRuntime(remote, { cwd: "/state", runtime }).args.at(-1), remote.href);
  });
});
