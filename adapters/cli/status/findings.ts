/**
 * How archiving stands as findings for people, each with what to do about it where there is
 * something. `status` shows them, and `doctor` beside others.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import { LATE_WRITE_MS } from "../../../core/archiving/late_writes.ts";
import { countText, momentText, spanText } from "../amounts.ts";
import type { Call } from "../call.ts";
import type { BackendStanding } from "./backend_standing.ts";
import { SOON_DAYS, titleOf } from "./deadlines.ts";
import { isOverdue } from "./judgement.ts";
import type { Standing } from "./standing.ts";

/**
 * A standing as findings.
 *
 * @param call Who asks.
 * @param standing Which.
 * @param now Epoch milliseconds.
 */
export function standingFindings(call: Call, standing: Standing, now: number): readonly Finding[] {
  return [
    switchFinding(call, standing),
    relayFinding(standing),
    archivedFinding(call, standing),
    waitingFinding(call, standing, now),
    ...parkedFindings(call, standing),
    ...stuckFindings(call, standing),
    ...Object.entries(standing.backends).flatMap(([name, one]) => backendFinding(call, name, one)),
    ...writeFindings(standing),
    ...historyFindings(call, standing),
    ...deadlineFindings(call, standing),
  ];
}

function switchFinding({ command }: Call, { auto, config }: Standing): Finding {
  const check = "automatic";
  if (config.problem !== undefined) {
    const detail = `sessions wait: ${config.problem}`;
    const advice = `correct that, or what it refers to; OpenCode's background process has the ` +
      "environment that OpenCode was started with";
    return { check, status: "failed", detail, advice };
  }
  const detail = auto
    ? "on, wherever the OpenCode plugin is installed"
    : `off, as the configuration says; only "${command("run")}" archives`;
  return { check, status: "ok", detail };
}

function relayFinding(standing: Standing): Finding {
  const check = "background";
  const { relay } = standing;
  if (relay !== null) {
    const detail = `process ${relay.pid} on ${relay.hostname} since ${momentText(relay.since)} UTC`;
    return { check, status: "ok", detail };
  }
  const detail = "no process now; one is started whenever a session changes";
  return untold(standing, check) ?? { check, status: "ok", detail };
}

function archivedFinding({ command }: Call, standing: Standing): Finding {
  const check = "archived";
  const { sessions, copies } = standing.archived ?? { sessions: 0, copies: 0 };
  const advice = `"${command("run")}" archives what there is; then it goes on by itself`;
  if (sessions === 0) {
    return untold(standing, check) ?? { check, status: "ok", detail: "nothing yet", advice };
  }
  const detail = copies === sessions ? "" : ` in ${countText(copies, "copy", "copies")}`;
  return { check, status: "ok", detail: `${countText(sessions, "session")}${detail}` };
}

function waitingFinding({ command }: Call, standing: Standing, now: number): Finding {
  const check = "waiting";
  const { waiting, waitingSince, relay } = standing;
  if (!waiting) return untold(standing, check) ?? { check, status: "ok", detail: "nothing" };
  const since = waitingSince === undefined
    ? ""
    : `, the oldest since ${momentText(waitingSince)} UTC`;
  const detail = `${countText(waiting, "session")}${since}`;
  const late = isOverdue(waitingSince, now);
  if (relay !== null && !late) return { check, status: "ok", detail };
  const more = relay === null
    ? "; OpenCode does when it is used the next time"
    : ", and says what fails";
  const advice = `"${command("run")}" archives ${waiting === 1 ? "it" : "them"} now${more}`;
  return { check, status: late ? "failed" : "limited", detail, advice };
}

/** Parked sessions that are named; `--json` has more. */
const MOST_NAMED = 3;

function parkedFindings({ command }: Call, standing: Standing): Finding[] {
  const check = "parked";
  const { sessions, list } = standing.parked;
  if (sessions === 0) {
    const finding = untold(standing, check);
    return finding === undefined ? [] : [finding];
  }
  const named = list.slice(0, MOST_NAMED).map(({ session, backend, since, message }) =>
    `${session} into ${backend} (${momentText(since)} UTC): ${message}`
  );
  const detail = `${countText(sessions, "session")} not tried again by ${
    sessions === 1 ? "itself" : "themselves"
  }`;
  const more = list.length > named.length ? ["--json names the others"] : [];
  const advice = `"${command("retry --parked")}" has ${
    sessions === 1 ? "it" : "them"
  } tried again, once that is mended`;
  return [{
    check,
    status: "failed",
    detail: [detail, ...named, ...more].join("; "),
    advice,
  }];
}

function stuckFindings({ command }: Call, { stuck }: Standing): Finding[] {
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

function backendFinding({ command }: Call, name: string, standing: BackendStanding): Finding[] {
  const { failing, problem, pause, lastFailure, lastSuccess, nextTryAt } = standing;
  const check = `into ${name}`;
  if (problem !== undefined) return [{ check, status: "skipped", detail: problem }];
  const success = lastSuccess && `last archived ${momentText(lastSuccess.at)} UTC`;
  const lag = lagText(standing);
  if (!failing) {
    const detail = [copiesText(standing), success, lag].filter(Boolean).join("; ");
    return detail === "" ? [] : [{ check, status: "ok", detail }];
  }
  const failure = lastFailure
    ? `failed ${momentText(lastFailure.at)} UTC: ${lastFailure.message}`
    : "failed";
  const next = nextTryAt && `tried again ${momentText(nextTryAt)} UTC`;
  const detail = [failure, next, success, lag].filter(Boolean).join("; ");
  if (!pause) return [{ check, status: "limited", detail }];
  const advice =
    "mend that: it is tried again as soon as the configuration, a file with its keys " +
    `or the rights to its folder change; "${command("run")}" tries it now`;
  return [{ check, status: "limited", detail, advice }];
}

function copiesText({ archived }: BackendStanding): string {
  return archived ? countText(archived, "copy", "copies") : "";
}

function lagText({ waiting, waitingSince }: BackendStanding): string {
  if (!waiting) return "";
  const since = waitingSince === undefined ? "" : ` since ${momentText(waitingSince)} UTC`;
  return `${countText(waiting, "session")} ${waiting === 1 ? "waits" : "wait"} for it${since}`;
}

function writeFindings({ openWrites }: Standing): Finding[] {
  const [oldest] = openWrites;
  if (oldest === undefined) return [];
  const detail =
    `${countText(openWrites.length, "write")} under way or of unknown end, the oldest ` +
    `into ${oldest.backend} (${momentText(oldest.sentAt)} UTC); the store is asked ${
      spanText(LATE_WRITE_MS / 1000)
    } later what came of it`;
  return [{ check: "writes", status: "ok", detail }];
}

function historyFindings({ command }: Call, { history }: Standing): Finding[] {
  if (history === 0) return [];
  const detail = `${countText(history, "session")} from before the installation ${
    history === 1 ? "is" : "are"
  } not archived by ${history === 1 ? "itself" : "themselves"}`;
  const advice = `"${command("run")}" archives ${history === 1 ? "it" : "them"}`;
  return [{ check: "older", status: "ok", detail, advice }];
}

function deadlineFindings({ command }: Call, standing: Standing): Finding[] {
  const check = "deadlines";
  const { deadlines } = standing;
  if (deadlines === null) {
    const finding = untold(standing, check);
    return finding === undefined ? [] : [finding];
  }
  return deadlines.map(({ agent, sessions, notArchived }) => {
    const what = `${countText(sessions, "session")} of ${titleOf(agent)} will be deleted within ` +
      `${SOON_DAYS} days`;
    if (notArchived === 0) return { check, status: "ok", detail: `${what}, all archived` };
    const detail = `${what}, of which ${notArchived.toLocaleString("en-US")} ${
      notArchived === 1 ? "is" : "are"
    } not archived yet`;
    const advice = `"${command("run")}" archives ${notArchived === 1 ? "it" : "them"}`;
    return { check, status: "failed", detail, advice };
  });
}

/** What is wrong with the state's folder is told, with what to do, by `doctor`. */
function untold(standing: Standing, check: string): Finding | undefined {
  const found = standing.untold.find((one) => one.check === check);
  return found && { check, status: "skipped", detail: `cannot be told: ${found.message}` };
}
