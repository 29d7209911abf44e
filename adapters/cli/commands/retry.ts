/**
 * `archive retry`: has what waits tried now, parked sessions too.
 *
 * @module
 */
import type { Command } from "commander";
import type { SessionId } from "../../../core/agent.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { Started } from "../../relay/start.ts";
import { countText, momentText } from "../amounts.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import type { Standing } from "../status/standing.ts";

interface RetryOptions extends CommonOptions {
  readonly parked?: boolean;
}

/** See {@linkcode Define}. */
export function defineRetry(program: Command, perform: Perform): void {
  program.command("retry")
    .summary("have what waits tried now, parked sessions too")
    .description(
      "Asks the background process to try now what waits, and starts one where there is none. It " +
        "does not wait for what comes of it: status tells that. run archives everything itself.",
    )
    .argument("[session...]", "ids of sessions that wait; all that do when left out")
    .option("--parked", "only those that are not tried again by themselves")
    .action((ids: string[], options: RetryOptions) =>
      perform(options, (call) => retry(call, ids, options))
    );
}

async function retry(
  call: Call,
  ids: readonly string[],
  { parked = false, config: named }: RetryOptions,
): Promise<ExitCode> {
  checkOptions(call, ids, parked);
  const [config, { statePath }, { standingOf }] = await Promise.all([
    call.config(),
    import("../../state/location.ts"),
    import("../status/standing.ts"),
  ]);
  const { path } = config;
  const { env, platform } = call.terminal;
  const state = statePath({ env, platform, configPath: path });
  const standing = await standingOf(call, { config, path, state });
  const wishes = parked
    ? [...new Set(standing.parked.list.map(({ session }) => session))]
    : ids.length > 0
    ? [...new Set(ids)]
    : undefined;
  const asked = await askFor(call, state, wishes);
  const missing = wishes?.filter((id) => !asked.some((one) => one.id === id)) ?? [];
  const relay = asked.length === 0
    ? undefined
    : await startRelay(call, state, named === undefined ? undefined : path);
  return await tell(call, { asked, missing, relay, parked, standing });
}

/** Writes the intents of what waits anew: a relay takes them for news, also of what it parked. */
async function askFor(
  { report }: Call,
  state: string,
  ids: readonly string[] | undefined,
): Promise<readonly SessionId[]> {
  const [{ inParallel }, { outboxFolder }, { Outbox }] = await Promise.all([
    import("../../../core/parallel.ts"),
    import("../../state/layout.ts"),
    import("../../state/outbox.ts"),
  ]);
  const outbox = new Outbox(outboxFolder(state));
  const { sessions, damaged } = await outbox.waiting();
  for (const name of damaged) {
    await report.warn(`the intent ${name} cannot be read, and was put aside`);
  }
  const wanted = sessions.map(({ session }) => session)
    .filter(({ id }) => ids?.includes(id) ?? true);
  await inParallel(wanted, WIDTH, (session) => outbox.write(session, { now: true }));
  return wanted;
}

/** How many intents are written at once. */
const WIDTH = 32;

function checkOptions({ backend }: Call, ids: readonly string[], parked: boolean): void {
  if (parked && ids.length > 0) {
    throw new UsageError("--parked means all that are parked; leave it out to name sessions");
  }
  if (backend !== undefined && !parked) {
    throw new UsageError(
      "a session is tried with every backend that lacks it; leave --backend out, or add --parked",
    );
  }
}

async function startRelay(
  { terminal }: Call,
  state: string,
  config: string | undefined,
): Promise<Started> {
  const start = terminal.startRelay ?? (await import("../../relay/start.ts")).startRelay;
  return await start({ state, config, env: terminal.env });
}

/** What was done. */
interface Done {
  readonly asked: readonly SessionId[];
  /** Ids of sessions that do not wait. */
  readonly missing: readonly string[];
  /** Who tries them; undefined where there is nothing to try. */
  readonly relay: Started | undefined;
  readonly parked: boolean;
  readonly standing: Standing;
}

async function tell(call: Call, done: Done): Promise<ExitCode> {
  const { report, command } = call;
  const { asked, missing, relay, parked } = done;
  for (const id of missing) {
    const message = `session ${id} does not wait; "${command(`run --session ${id}`)}" archives it`;
    await report.error(new ArchiveError("NotFound", message, { session: id }));
  }
  const hasFailed = relay !== undefined && "failed" in relay;
  if (hasFailed) {
    const message = `no process could be started to try them: ${relay.failed.message}; ` +
      `"${command("run")}" archives what waits`;
    await report.error(new ArchiveError("Transient", message, { cause: relay.failed }));
  }
  if (report.style.json) await report.json(doneJson(done));
  else if (relay !== undefined && !hasFailed) await tellAsked(call, done, relay);
  else if (asked.length + missing.length === 0) {
    await report.say(parked ? "nothing is parked" : "nothing waits");
  }
  return missing.length > 0 || hasFailed ? EXIT.failed : EXIT.done;
}

function doneJson({ asked, missing, relay }: Done) {
  return {
    asked: asked.map(({ agent, id }) => ({ agent, id })),
    missing,
    relay: relay === undefined || "failed" in relay
      ? null
      : "running" in relay
      ? { pid: relay.running.pid, started: false }
      : { pid: relay.started, started: true },
  };
}

async function tellAsked(
  { report, command }: Call,
  { asked, standing, parked }: Done,
  relay: Exclude<Started, { readonly failed: Error }>,
): Promise<void> {
  const what = countText(asked.length, "session");
  const line = "running" in relay
    ? `process ${relay.running.pid} in the background is asked to try ${what} now`
    : `process ${relay.started} was started in the background to try ${what} now`;
  await report.say(`${line}; "${command("status")}" tells what comes of it`);
  const { sessions, list } = standing.parked;
  const unnamed = sessions - new Set(list.map(({ session }) => session)).size;
  if (parked && unnamed > 0) {
    await report.note(
      `${countText(unnamed, "more session is", "more sessions are")} parked; "${
        command("retry")
      }" asks for everything that waits`,
    );
  }
  // A new process tries every backend anew.
  if (!("running" in relay)) return;
  for (const [name, { failing, nextTryAt }] of Object.entries(standing.backends)) {
    if (!failing || nextTryAt === undefined) continue;
    await report.note(
      `${name} fails and is tried ${momentText(nextTryAt)} UTC again; "${
        command("run")
      }" tries it at once`,
    );
  }
}
