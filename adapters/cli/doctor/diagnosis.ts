/**
 * What the doctor finds: findings in sections, and what they come to.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import { type ErrorJson, errorJson } from "../report.ts";

/** Findings about one thing. */
export interface Section {
  /** What they are about, as a heading. */
  readonly title: string;
  /** Where that is, for people; may be empty. */
  readonly place: string;
  /** What was found, in order. */
  readonly findings: readonly Finding[];
}

/** A finding as `--json` shows it. */
export interface FindingJson extends Omit<Finding, "error"> {
  /** What it failed with. */
  readonly error?: ErrorJson;
}

/**
 * A finding as JSON.
 *
 * @param finding Which.
 */
export function findingJson({ error, ...rest }: Finding): FindingJson {
  return { ...rest, ...(error !== undefined && { error: errorJson(error) }) };
}

/** How many findings of each weight there are. */
export interface Verdict {
  /** What does not work and has to: the user is needed. */
  readonly problems: number;
  /** What works another way, and could be better. */
  readonly hints: number;
}

/**
 * Counts what the user should do something about.
 *
 * @param sections All of them.
 */
export function verdictOf(sections: readonly Section[]): Verdict {
  const findings = sections.flatMap((section) => section.findings);
  const count = (status: Finding["status"]) =>
    findings.filter((one) => one.status === status && (status === "failed" || one.advice)).length;
  return { problems: count("failed"), hints: count("limited") };
}

/**
 * The verdict in a line.
 *
 * @param verdict What was counted.
 */
export function verdictText({ problems, hints }: Verdict): string {
  const better = hints === 0 ? "" : `, ${things(hints)} could be better`;
  if (problems === 0) return `all good${better}`;
  return `${things(problems)} ${problems === 1 ? "needs" : "need"} you${better}`;
}

function things(count: number): string {
  return `${count} ${count === 1 ? "thing" : "things"}`;
}
