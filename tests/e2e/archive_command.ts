/**
 * `archive` as a process of its own in a throw-away home, as a user runs it in a checkout.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LANE_CONFIG } from "../lane_config.ts";
import type { OpenCodeHome } from "./real_opencode.ts";
import { startTalking, type TalkingProcess } from "../talking_process.ts";
import { denoVariables } from "../deno_variables.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a run of the program gave. */
export interface Ended {
  /** What it exited with. */
  readonly code: number;
  /** What it printed. */
  readonly stdout: string;
  /** What it said beside that. */
  readonly stderr: string;
}

/** The program in one home. */
export interface ArchiveCommand {
  /** Runs it. */
  (...args: string[]): Promise<Ended>;
  /** Starts it, and goes on. */
  start(...args: string[]): TalkingProcess;
  /** Runs it with `--json`, makes sure that it ended well, and gives what it printed. */
  json<T>(...args: string[]): Promise<T>;
}

/**
 * The program in one home.
 *
 * @param home Whose sessions it sees.
 * @param more Further environment variables.
 */
export function archiveIn(
  home: OpenCodeHome,
  more: Readonly<Record<string, string>> = {},
): ArchiveCommand {
  const flags = ["run", "-A", "-q", "--no-lock", "--config", join(ROOT, LANE_CONFIG)];
  const command = [...flags, join(ROOT, "scripts/archive.ts")];
  const env = {
    ...home.env,
    PATH: join(home.command, ".."),
    INIT_CWD: home.folder,
    ...denoVariables(),
    ...more,
  };
  const run = (...args: string[]) =>
    new Promise<Ended>((resolve) => {
      const options = { env, maxBuffer: 1 << 28 };
      execFile(process.execPath, [...command, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
    });
  return Object.assign(run, {
    start: (...args: string[]) => startTalking(process.execPath, [...command, ...args], { env }),
    async json<T>(...args: string[]): Promise<T> {
      const { code, stdout, stderr } = await run(...args, "--json");
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
  });
}
