/**
 * What `prune-local --json` shows.
 *
 * @module
 */
import type { LocalOutcome, LocalPlan } from "../../../core/prune/local_pruning.ts";
import { type ErrorJson, errorJson } from "../report.ts";
import type { Family } from "./family_line.ts";

/** A session with what it started, as `--json` shows it. */
interface Row {
  readonly id: string;
  readonly ids: readonly string[];
  readonly projectPath: string;
  readonly updatedAt: string;
  readonly title: string;
  readonly bytes: number;
  readonly status: "would delete" | "deleted" | "young" | "pinned" | "kept" | "failed";
  readonly problem?: string;
  readonly error?: ErrorJson;
}

function familyRow({ sessions, bytes, title }: Family): Omit<Row, "status"> {
  const [{ id, projectPath, updatedAt }] = sessions;
  return { id, ids: sessions.map(({ id }) => id), projectPath, updatedAt, title, bytes };
}

function planRow(plan: LocalPlan): Row {
  const row = familyRow(plan);
  if (plan.verdict === "goes") return { ...row, status: "would delete" };
  if (plan.verdict !== "doubtful") return { ...row, status: plan.verdict };
  return { ...row, status: "kept", problem: `${plan.session.id}: ${plan.problem}` };
}

function outcomeRow(outcome: LocalOutcome): Row {
  const row = { ...familyRow(outcome), status: outcome.status };
  if (outcome.status === "deleted") return row;
  return { ...row, problem: outcome.error.message, error: errorJson(outcome.error) };
}

/**
 * All of them, and the bytes of those that would go, or that went.
 *
 * @param plans Every one.
 * @param outcomes What became of those that were to go; where nothing was to be deleted, left out.
 */
export function resultJson(
  plans: readonly LocalPlan[],
  outcomes?: readonly LocalOutcome[],
): { readonly sessions: readonly Row[]; readonly bytes: number } {
  const done = new Map(outcomes?.map((outcome) => [outcome.sessions[0], outcome]));
  const rows = plans.map((plan) => {
    const outcome = done.get(plan.sessions[0]);
    return outcome ? outcomeRow(outcome) : planRow(plan);
  });
  const counted = outcomes ? "deleted" : "would delete";
  const bytes = rows.reduce((sum, row) => row.status === counted ? sum + row.bytes : sum, 0);
  return { sessions: rows, bytes };
}
