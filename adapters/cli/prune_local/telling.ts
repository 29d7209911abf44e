/**
 * What `prune-local` tells people, and when.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";
import type { LocalOutcome, LocalPlan } from "../../../core/prune/local_pruning.ts";
import { countText, sizeText } from "../amounts.ts";
import type { Call } from "../call.ts";
import { amountOf, lineOf, sessionsIn } from "./family_line.ts";
import { resultJson } from "./rows.ts";

/** So many reasons why sessions stay are told one by one. */
const TOLD = 10;

/**
 * Tells what could go.
 *
 * @param call Who asked.
 * @param plans All of them.
 */
export async function tellFound(call: Call, plans: readonly LocalPlan[]): Promise<void> {
  const { report } = call;
  const going = plans.filter(({ verdict }) => verdict === "goes");
  if (report.style.json) {
    await report.json(resultJson(plans));
    return;
  }
  await tellDoubts(call, plans);
  for (const plan of going) await report.say(`would delete ${lineOf(plan)}`);
  if (going.length === 0) {
    return await report.say(
      `no session may go (${countText(sessionsIn(plans), "session")} in all)`,
    );
  }
  const stay = sessionsIn(plans) - sessionsIn(going);
  await report.say(
    `${
      amountOf(going)
    } would go, ${stay} stay; add --delete to delete them. Each copy is read back ` +
      "before.",
  );
}

/**
 * Tells why sessions stay that are old enough; in JSON their rows do.
 *
 * @param call Who asked.
 * @param plans All of them.
 */
export async function tellDoubts({ report }: Call, plans: readonly LocalPlan[]): Promise<void> {
  if (report.style.json) return;
  const doubtful = plans.flatMap((plan) => plan.verdict === "doubtful" ? [plan] : []);
  for (const { session, problem } of doubtful.slice(0, TOLD)) {
    await report.note(`${session.id} stays: ${problem}`);
  }
  const more = doubtful.length - TOLD;
  if (more <= 0) return;
  await report.note(`${more} more stay, all told by --json; "run" archives what is not archived`);
}

/**
 * Tells what became of one.
 *
 * @param call Who asked.
 * @param outcome What did.
 */
export async function tellOutcome({ report }: Call, outcome: LocalOutcome): Promise<void> {
  if (report.style.json) return;
  if (outcome.status === "deleted") return await report.say(`deleted ${lineOf(outcome)}`);
  if (outcome.status === "failed") return await report.error(outcome.error);
  await report.note(`${outcome.error.session ?? ""} stays: ${outcome.error.message}`);
}

/**
 * Tells what was deleted in all, and what that gives back.
 *
 * @param call Who asked.
 * @param agents Whose sessions they were.
 * @param plans All of them.
 * @param outcomes What became of those that were to go.
 */
export async function tellEnd(
  call: Call,
  agents: readonly Agent[],
  plans: readonly LocalPlan[],
  outcomes: readonly LocalOutcome[],
): Promise<void> {
  const { report } = call;
  if (report.style.json) {
    await report.json(resultJson(plans, outcomes));
    return;
  }
  const deleted = outcomes.filter(isDeleted);
  await report.say(
    `deleted ${amountOf(deleted)}, ${sessionsIn(plans) - sessionsIn(deleted)} stay; "restore ID" ` +
      "puts one back",
  );
  for (const line of await roomLines(agents, deleted)) await report.note(line);
}

/** What the stores' files really give back. */
async function roomLines(
  agents: readonly Agent[],
  deleted: readonly LocalOutcome[],
): Promise<string[]> {
  const stores = new Map(deleted.map(({ sessions: [{ agent, store }] }) => [store, agent]));
  const lines: string[] = [];
  for (const [store, name] of stores) {
    const agent = agents.find((agent) => agent.name === name);
    // What cannot be looked at now is no news: all that was to be done is done.
    const room = await agent?.room?.(store).catch(() => undefined);
    if (room === undefined || room.free === 0) continue;
    const [size, free] = [sizeText(room.bytes), sizeText(room.free)];
    lines.push(
      `${store} keeps its size of ${size}, of which ${free} are free for new sessions. To give them ` +
        `back to the disk, ${room.advice}`,
    );
  }
  return lines;
}

/**
 * Whether the agent has none of them any more.
 *
 * @param outcome What became of them.
 */
export function isDeleted({ status }: LocalOutcome): boolean {
  return status === "deleted";
}
