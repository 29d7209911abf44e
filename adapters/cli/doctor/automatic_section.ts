/**
 * How archiving by itself stands: whether it is on, what waits, and what came of it last. Told from
 * the files that the plugin and the background relay leave; nothing of them is changed.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "../../../core/backend.ts";
import { asArchiveError } from "../../../core/errors.ts";
import { inParallel } from "../../../core/parallel.ts";
import type { Config } from "../../config/config.ts";
import { errorCode } from "../../state/file_error.ts";
import { livingRelay } from "../../state/handover.ts";
import { hashIn } from "../../state/intent.ts";
import { outboxFolder } from "../../state/layout.ts";
import type { LockHolder } from "../../state/lock.ts";
import { Outbox } from "../../state/outbox.ts";
import { type BackendStatus, readStatus, type Status } from "../../state/status.ts";
import { countText, momentText } from "../amounts.ts";
import type { Call } from "../call.ts";

/** How it stands. Times are ISO 8601 in UTC. */
export interface ExaminedAutomatic {
  /** Whether the configuration switches it on. */
  readonly auto: boolean;
  /** How many sessions wait; null where that cannot be told. */
  readonly waiting: number | null;
  /** Since when the oldest of them does. */
  readonly waitingSince?: string;
  /** Those of them that fail whatever the backends do. */
  readonly stuck?: Status["stuck"];
  /** How many sessions are from before the installation, which only `run` archives. */
  readonly history: number;
  /** The process that archives in the background now. */
  readonly relay: Pick<LockHolder, "pid" | "hostname" | "since"> | null;
  /** How it went with the backends, by name. */
  readonly backends: Readonly<Record<string, BackendStatus>>;
  /** The same for people. */
  readonly findings: readonly Finding[];
}

/**
 * Looks at what waits and at what the background relay says.
 *
 * @param call Who asks.
 * @param config The configuration.
 * @param state The folder of its state; absolute. Nothing need be there.
 */
export async function examineAutomatic(
  call: Call,
  { archive: { auto }, backends: configured }: Config,
  state: string,
): Promise<ExaminedAutomatic> {
  const status = await readStatus(state);
  const known = Object.entries(status?.backends ?? {}).filter(([name]) =>
    configured.has(name) && (call.backend ?? name) === name
  );
  const common = {
    auto,
    stuck: status?.stuck,
    history: status?.history?.sessions ?? 0,
    backends: Object.fromEntries(known),
  };
  try {
    const [relay, waiting] = await Promise.all([livingRelay(state), waitingIn(state)]);
    const found = {
      ...common,
      relay: relay === undefined ? null : seen(relay),
      ...waiting,
      // A run that has archived them since does not change what the relay said last.
      stuck: waiting.waiting === 0 ? undefined : common.stuck,
    };
    return { ...found, findings: findingsOf(call, found) };
  } catch (thrown) {
    // What is wrong with the state's folder is told, with what to do, when that is looked at.
    const detail = `cannot be told: ${asArchiveError(thrown).message}`;
    const found = { ...common, relay: null, waiting: null };
    return { ...found, findings: [{ check: "waiting", status: "skipped", detail }] };
  }
}

function seen({ pid, hostname, since }: LockHolder): ExaminedAutomatic["relay"] {
  return { pid, hostname, since };
}

/** How many files are looked at once. */
const WIDTH = 32;

async function waitingIn(
  state: string,
): Promise<{ readonly waiting: number; readonly waitingSince?: string }> {
  const folder = outboxFolder(state);
  const names = await new Outbox(folder).names();
  let oldest = Infinity;
  await inParallel(names, WIDTH, async (name) => {
    const at = await writtenAt(join(folder, name));
    oldest = Math.min(oldest, at);
  });
  const sessions = new Set(names.map(hashIn)).size;
  if (sessions === 0 || oldest === Infinity) return { waiting: sessions };
  return { waiting: sessions, waitingSince: new Date(oldest).toISOString() };
}

/** An intent is written once. It may be done meanwhile. */
async function writtenAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Infinity;
    throw error;
  }
}

type Found = Omit<ExaminedAutomatic, "findings">;

function findingsOf(call: Call, found: Found): readonly Finding[] {
  return [
    switchFinding(call, found),
    relayFinding(found),
    waitingFinding(call, found),
    ...stuckFindings(call, found),
    ...Object.entries(found.backends).flatMap(([name, backend]) => backendFinding(name, backend)),
    ...historyFindings(call, found),
  ];
}

function switchFinding({ command }: Call, { auto }: Found): Finding {
  const detail = auto
    ? "on, wherever the OpenCode plugin is installed"
    : `off, as the configuration says; only "${command("run")}" archives`;
  return { check: "automatic", status: "ok", detail };
}

function relayFinding({ relay }: Found): Finding {
  const detail = relay === null
    ? "no process now; one is started whenever a session changes"
    : `process ${relay.pid} on ${relay.hostname} since ${momentText(relay.since)} UTC`;
  return { check: "background", status: "ok", detail };
}

function waitingFinding({ command }: Call, { waiting, waitingSince, relay }: Found): Finding {
  const check = "waiting";
  if (waiting === null || waiting === 0) return { check, status: "ok", detail: "nothing" };
  const since = waitingSince === undefined
    ? ""
    : `, the oldest since ${momentText(waitingSince)} UTC`;
  const detail = `${countText(waiting, "session")}${since}`;
  if (relay !== null) return { check, status: "ok", detail };
  const advice = `"${command("run")}" archives ${waiting === 1 ? "it" : "them"} now; OpenCode ` +
    "does when it is used the next time";
  return { check, status: "limited", detail, advice };
}

function stuckFindings({ command }: Call, { stuck }: Found): Finding[] {
  if (stuck === undefined) return [];
  const { sessions, last: { at, session, message } } = stuck;
  return [{
    check: "stuck",
    status: "limited",
    detail: `${countText(sessions, "session")} cannot be archived whatever the backends do, at ` +
      `last ${session} (${momentText(at)} UTC): ${message}`,
    advice: `"${command(`run --session ${session} --debug`)}" tries it now and tells all about it`,
  }];
}

function backendFinding(
  name: string,
  { failing, lastSuccess, lastFailure, nextTryAt }: BackendStatus,
): Finding[] {
  const success = lastSuccess && `last archived ${momentText(lastSuccess.at)} UTC`;
  if (!failing) return success ? [{ check: `into ${name}`, status: "ok", detail: success }] : [];
  const failure = lastFailure
    ? `failed ${momentText(lastFailure.at)} UTC: ${lastFailure.message}`
    : "failed";
  const next = nextTryAt && `tried again ${momentText(nextTryAt)} UTC`;
  const detail = [failure, next, success].filter(Boolean).join("; ");
  return [{ check: `into ${name}`, status: "limited", detail }];
}

function historyFindings({ command }: Call, { history }: Found): Finding[] {
  if (history === 0) return [];
  const detail = `${countText(history, "session")} from before the installation ${
    history === 1 ? "is" : "are"
  } not archived by ${history === 1 ? "itself" : "themselves"}`;
  const advice = `"${command("run")}" archives ${history === 1 ? "it" : "them"}`;
  return [{ check: "older", status: "ok", detail, advice }];
}
