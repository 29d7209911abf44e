/**
 * `archive run --watch`, once it has archived what there was: the relay, in this process, where
 * somebody sees what it does.
 *
 * @module
 */
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import type { Call } from "./call.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/**
 * Archives sessions as they change, until it is stopped. Commands that want the lock get it meanwhile.
 *
 * @param call Who asked for it.
 * @param config The configuration that the user named; absolute.
 * @throws {ArchiveError} `Timeout` when it had to end with something under way that does not.
 */
export async function keepWatching(call: Call, config?: string): Promise<ExitCode> {
  const { liveRelay } = await import("../relay/life.ts");
  const { report, signal } = call;
  const deaf = new AbortController();
  const onSay = (line: string) => void report.say(line).catch((error) => deaf.abort(error));
  await report.say("watching the agents' sessions from now on");
  const ends = AbortSignal.any([signal, deaf.signal]);
  const why = await liveRelay({ config, watch: true, onSay, signal: ends });
  deaf.signal.throwIfAborted();
  if (why === "stuck") {
    const message = "what is under way does not end, as on a disk that hangs; start it again";
    throw new ArchiveError("Timeout", message);
  }
  await report.say(signal.reason instanceof Error ? signal.reason.message : "stopped");
  return EXIT.done;
}

/**
 * What a first run came to that is no reason to end: another command is at work, and is waited for.
 *
 * @param call Who asked for it.
 * @param run The run.
 */
export async function unlessBusy(
  { report }: Call,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    if (!isArchiveError(error, "AlreadyExists") || !error.retryable) throw error;
    await report.note(`${error.message}; it is waited for`);
    return EXIT.done;
  }
}
