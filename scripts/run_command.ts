/**
 * Runs a program to its end and keeps what it says.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";

/** How a program ended. */
export interface Ran {
  /** Its exit code; null when a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard output. */
  readonly stdout: string;
  /** All that it wrote, in the order in which it came. */
  readonly output: string;
}

/**
 * Runs a program without standard input.
 *
 * @param command The program.
 * @param args Its arguments.
 * @param cwd Its working directory.
 * @param env Its environment; this process's own by default.
 */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => output += chunk);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, output }));
  });
}
