/**
 * Going on with a verification that was stopped, or beginning one.
 *
 * @module
 */
import { isArchiveError } from "../../../core/errors.ts";
import { noneFound } from "../../../core/verify/verify_outcome.ts";
import {
  readMark,
  type VerificationMark,
  type VerificationScope,
} from "../../state/verification_mark.ts";
import type { Call } from "../call.ts";
import { UsageError } from "../exit.ts";

/**
 * The mark that a verification of all archives begins with: that of the one which was stopped, or a
 * new one.
 *
 * @param call Who asks.
 * @param state The state's folder.
 * @param scope What is to be looked at.
 * @param resume Whether to go on.
 * @throws {UsageError} When there is one to go on with that looks at something else, or that this
 * release does not understand.
 */
export async function markToBeginWith(
  { report }: Call,
  state: string,
  scope: VerificationScope,
  resume: boolean,
): Promise<VerificationMark> {
  const before = await left(state, resume);
  if (before && resume) {
    checkScope(before, scope);
    await report.note(`going on behind ${before.after ?? "nothing yet"}, ${progressOf(before)}`);
    return before;
  }
  if (resume) await report.note("no verification was stopped before its end; this one is new");
  else if (before) await report.note(`beginning anew; --resume goes on, ${progressOf(before)}`);
  return {
    version: 1,
    startedAt: new Date().toISOString(),
    scope,
    seed: crypto.randomUUID(),
    counts: noneFound(),
    bytes: 0,
    doubts: [],
  };
}

async function left(state: string, resume: boolean): Promise<VerificationMark | undefined> {
  try {
    return await readMark(state);
  } catch (error) {
    if (!resume) return undefined;
    if (!isArchiveError(error)) throw error;
    throw new UsageError(`${error.message}; leave out --resume to begin anew`, { cause: error });
  }
}

function checkScope(
  { scope: before, startedAt }: VerificationMark,
  scope: VerificationScope,
): void {
  const [one, other] = [optionsText(before), optionsText(scope)];
  const begun = `the verification of ${startedAt.slice(0, 10)} that was stopped`;
  const otherwise = "or leave out --resume to begin anew";
  if (one !== other) {
    throw new UsageError(
      `${begun} has the options ${one}, and this one has ${other}; give the same, ${otherwise}`,
    );
  }
  if (before.backends.join("\n") !== scope.backends.join("\n")) {
    throw new UsageError(
      `${begun} goes over ${before.backends.join(" and ")}, and this one over ` +
        `${scope.backends.join(" and ")}; use the same backends, ${otherwise}`,
    );
  }
}

/** The options that say what is looked at, as they are typed. */
export function optionsText({ quick, share }: VerificationScope): string {
  return [
    "--all",
    ...(quick ? ["--quick"] : []),
    ...(share === undefined ? [] : [`--sample ${percentText(share)}`]),
  ].join(" ");
}

/** How closely it was looked, behind an amount: `, a sample of 5%`. */
export function wayText({ quick, share }: VerificationScope): string {
  return [
    ...(quick ? [", as their stores tell of them"] : []),
    ...(share === undefined ? [] : [`, a sample of ${percentText(share)}${quick ? " read" : ""}`]),
  ].join("");
}

/** A share as people write it: `5%`. */
function percentText(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}

function progressOf({ counts, startedAt }: VerificationMark): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const wrong = total - counts.ok;
  return `where ${total.toLocaleString("en-US")} copies were looked at since ` +
    `${startedAt.slice(0, 10)}, ${wrong === 0 ? "all good" : `${wrong} of them not good`}`;
}
