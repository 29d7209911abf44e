/**
 * Whether all is well with archiving, and that in a line.
 *
 * @module
 */
import { countText, momentText } from "../amounts.ts";
import { titleOf } from "./deadlines.ts";
import type { Standing } from "./standing.ts";

/** What a standing comes to. */
export interface Judgement {
  /**
   * Whether nobody is needed: nothing is parked, nothing has waited for longer than a day, no
   * agent will soon delete what is not archived, the configuration can be used, and all of it could be found out.
   */
  readonly well: boolean;
  /** The same in a line, with how much is archived and waits. */
  readonly line: string;
}

/** What waits for longer than this does not go by itself, in milliseconds. */
const PATIENCE_MS = 24 * 60 * 60_000;

/**
 * Whether something has waited for too long.
 *
 * @param since Since when, ISO 8601; nothing waits where it is left out.
 * @param now Epoch milliseconds.
 */
export function isOverdue(since: string | undefined, now: number): boolean {
  return since !== undefined && now - Date.parse(since) > PATIENCE_MS;
}

/**
 * Judges a standing.
 *
 * @param standing Which.
 * @param now Epoch milliseconds.
 */
export function judge(standing: Standing, now: number): Judgement {
  const faults = faultsOf(standing, now);
  if (faults.length > 0) return { well: false, line: `not well: ${faults.join("; ")}` };
  return { well: true, line: progressOf(standing) };
}

function faultsOf(standing: Standing, now: number): string[] {
  const { config, parked, waiting, waitingSince, backends, untold } = standing;
  const unusable = Object.keys(backends).filter((name) => backends[name].problem !== undefined);
  const count = parked.sessions;
  const since = momentText(waitingSince ?? "");
  return [
    ...(config.problem === undefined ? [] : ["the configuration cannot be used"]),
    ...(unusable.length === 0 ? [] : [`${unusable.join(" and ")} cannot be opened`]),
    ...(count === 0 ? [] : [`${countText(count, "session")} parked`]),
    ...(isOverdue(waitingSince, now)
      ? [`${countText(waiting ?? 0, "session")} not archived, the oldest since ${since} UTC`]
      : []),
    ...(standing.deadlines ?? []).flatMap(({ agent, notArchived }) =>
      notArchived === 0
        ? []
        : [`${countText(notArchived, "session")} of ${titleOf(agent)} deleted soon, not archived`]
    ),
    ...untold.map(({ check }) => UNTOLD[check]),
  ];
}

const UNTOLD = {
  archived: "what is archived cannot be told",
  waiting: "what waits cannot be told",
  parked: "what is parked cannot be told",
  background: "who archives in the background cannot be told",
  deadlines: "what agents will delete soon cannot be told",
} as const;

function progressOf({ archived, waiting, backends }: Standing): string {
  const sessions = archived?.sessions ?? 0;
  const failing = Object.keys(backends).filter((name) => backends[name].failing);
  const mood = waiting && failing.length > 0
    ? `waiting for ${failing.join(" and ")}: `
    : sessions > 0
    ? "all is well: "
    : "";
  const have = sessions > 0 ? `${countText(sessions, "session")} archived` : "nothing archived yet";
  const rest = waiting
    ? `${waiting.toLocaleString("en-US")} ${waiting === 1 ? "waits" : "wait"}`
    : "nothing waits";
  return `${mood}${have}, ${rest}`;
}
