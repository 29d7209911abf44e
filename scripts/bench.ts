/**
 * Measures what is promised about speed, each promise as a ratio or difference taken in one run,
 * and writes the figures to `.bench/bench.json`. Names on the command line pick some of them.
 *
 * @module
 */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { benchAgentLarge } from "./bench/agent_large.ts";
import { benchAgentLook } from "./bench/agent_look.ts";
import { benchHook } from "./bench/hook.ts";
import { benchImport } from "./bench/import.ts";
import { benchIncremental } from "./bench/incremental.ts";
import { benchLargeSession } from "./bench/large_session.ts";
import { type Finding, isKept } from "./bench/measure.ts";
import { benchNewest } from "./bench/newest.ts";
import { benchPlugin } from "./bench/plugin.ts";
import { benchRelayCatchUp } from "./bench/relay_catch_up.ts";
import { benchRelayAndRun, benchRelayDrain } from "./bench/relay_drain.ts";
import { benchRun } from "./bench/run_sessions.ts";
import { benchS3Large } from "./bench/s3_large.ts";
import { benchS3Newest } from "./bench/s3_newest.ts";
import { benchS3Rclone } from "./bench/s3_rclone.ts";
import { benchS3Run } from "./bench/s3_run.ts";
import { benchUnchanged } from "./bench/unchanged.ts";
import { benchVerify } from "./bench/verify.ts";

const BENCHES: Readonly<Record<string, (folder: string) => Promise<Finding | Finding[]>>> = {
  import: benchImport,
  run: benchRun,
  unchanged: benchUnchanged,
  large: benchLargeSession,
  newest: benchNewest,
  "s3-run": benchS3Run,
  "s3-newest": benchS3Newest,
  "s3-large": benchS3Large,
  "s3-rclone": benchS3Rclone,
  incremental: benchIncremental,
  "relay-drain": benchRelayDrain,
  "relay-and-run": benchRelayAndRun,
  "relay-catch-up": benchRelayCatchUp,
  plugin: benchPlugin,
  verify: benchVerify,
  "agent-look": benchAgentLook,
  "agent-large": benchAgentLarge,
  hook: benchHook,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(", ")}; there are: ${Object.keys(BENCHES).join(", ")}`,
  );
  process.exit(2);
}

const findings: Finding[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-bench-"));
  try {
    const found = [await bench(folder)].flat();
    findings.push(...found);
    found.forEach(tell);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
await mkdir(".bench", { recursive: true });
const report = { date: new Date().toISOString(), runtime: process.version, findings };
await writeFile(".bench/bench.json", `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = findings.every(isKept) ? 0 : 1;

function tell(finding: Finding): void {
  const { promise, measure, value, figures } = finding;
  console.log(
    `${isKept(finding) ? "kept  " : "BROKEN"} ${promise}: ${value.toFixed(2)} ${measure}`,
  );
  console.log(`       ${figuresText(figures)}`);
}

function figuresText(figures: Finding["figures"]): string {
  return Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(1)}`).join(" · ");
}
