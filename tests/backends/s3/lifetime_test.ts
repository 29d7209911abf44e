/**
 * What a backend leaves behind: no timer and no socket keeps the process alive, and nothing is
 * printed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BUCKET, storeFor } from "./fake_store.ts";

const TASKS = [
  "nothing",
  "a write",
  "a large write",
  "a write that fails",
  "a read that is left",
  "a listing that is left",
  "a call that is stopped",
  "a call that is under way",
];

for (const task of TASKS) {
  test(`after ${task} and close, a process ends at once and has printed nothing`, async (t) => {
    const { s3 } = await storeFor(t);
    s3.put(BUCKET, "large", new Uint8Array(16 << 20));
    s3.fault({ on: ({ key }) => key === "hangs", do: "hang" });
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const child = await run([s3.endpoint, task], {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    t.after(() => child.process.kill("SIGKILL"));
    const closed = await child.closed;
    const began = performance.now();
    const { code, output, errors } = await child.ended;
    assert.equal(errors, "");
    assert.equal(code, 0);
    assert.ok(performance.now() - began < 1_000, "the process stayed alive");
    assert.match(output, task.includes("fails") ? /^failed AlreadyExists\nclosed/ : /^closed/);
    assert.ok(closed < 10_000, output);
    assert.equal(s3.openUploads, 0);
  });
}

/** Runs the process; tells when it has closed its backend, and when it has ended. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const file = fileURLToPath(new URL("lifetime_process.ts", import.meta.url));
  const child = spawn(process.execPath, [...await runtimeArgs(), file, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  const closed = new Promise<number>((resolve, reject) => {
    child.stdout.on("data", (chunk: Uint8Array) => {
      output += new TextDecoder().decode(chunk);
      const ms = /^closed (\d+)$/m.exec(output)?.[1];
      if (ms !== undefined) resolve(Number(ms));
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${output}${errors}`)));
  });
  child.stderr.on("data", (chunk: Uint8Array) => errors += new TextDecoder().decode(chunk));
  const ended = new Promise<{ code: number | null; output: string; errors: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, output, errors }))
  );
  return { process: child, closed, ended };
}

/** How this runtime runs a file of the project. */
async function runtimeArgs(): Promise<readonly string[]> {
  if (!("deno" in process.versions)) return process.execArgv;
  // Resolves what only Deno's configs map.
  const { LANE_CONFIG } = await import("../../lane_config.ts");
  const config = fileURLToPath(new URL(`../../../${LANE_CONFIG}`, import.meta.url));
  return ["run", "-A", "--quiet", "--no-check", "--no-lock", "--config", config];
}
