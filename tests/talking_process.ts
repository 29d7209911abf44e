/**
 * A process that tests listen to while it runs.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";

/** A running process. */
export interface TalkingProcess {
  readonly child: ChildProcess;
  /** All that it has said so far, on both of its outputs. */
  said(): string;
}

/** How a process is started. */
export interface TalkingOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/**
 * Starts one.
 *
 * @param command The program.
 * @param args What it is given.
 * @param options Environment and working directory.
 */
export function startTalking(
  command: string,
  args: readonly string[],
  options: TalkingOptions,
): TalkingProcess {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (piece: string) => said += piece);
  }
  return { child, said: () => said };
}
