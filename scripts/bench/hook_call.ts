/**
 * Calls a program as an agent calls its hooks.
 *
 * @module
 */
import { spawn } from "node:child_process";

/** What is called. */
export interface Called {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const PAYLOAD = JSON.stringify({
  session_id: "0199a213-81c0-7800-8aa1-bbab2a035a53",
  hook_event_name: "Stop",
  cwd: "/home/me/project",
});

/**
 * Calls it, and waits for its end.
 *
 * @param called What.
 * @returns How long that took, in milliseconds.
 */
export function callProgram({ command, args, env }: Called): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { cwd: "/", env, stdio: ["pipe", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve(performance.now() - start);
      else reject(new Error(`${command} ended with ${code}`));
    });
    // An empty script may be gone before it has heard it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(PAYLOAD);
  });
}
