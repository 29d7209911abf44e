/**
 * Trying a backend: everything that the archive needs of a store, done once with small objects that
 * are removed again. Works for any backend; what one kind of store can tell beyond that is beside it.
 *
 * @module
 */
import type { Backend, CallOptions, Finding } from "../../core/backend.ts";
import { asArchiveError, type ErrorCode, throwIfAborted } from "../../core/errors.ts";
import { TrialGround } from "./trial_ground.ts";
import { type Step, STEPS } from "./trial_steps.ts";

/**
 * Options of {@linkcode tryBackend}.
 *
 * @since 0.1.0
 */
export interface TrialOptions extends CallOptions {
  /** How long one call may take, in milliseconds; 20,000 by default. Large bodies get six times that. */
  limitMs?: number;
  /** Only these checks, whatever they need; all when left out. */
  checks?: readonly string[];
}

const LIMIT_MS = 20_000;

/**
 * Tries a backend: writes, reads, lists, odd keys, large bodies, conditions, copies, deletes, how fast
 * it is and what time it has. All objects lie under `.session-archiver-probe/` and are removed at the
 * end, also when it is stopped; those that cannot be are named.
 *
 * What builds on something that did not work is `skipped`, and everything is once a call timed out.
 *
 * @param backend Which.
 * @param options Signal and limit.
 * @throws ArchiveError `Aborted` when the signal fires, once everything is removed.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@session-archiver/archiver";
 *
 * for await (const { check, status, detail } of new MemoryBackend().probe()) {
 *   console.assert(status === "ok", check, detail);
 * }
 * ```
 */
export async function* tryBackend(
  backend: Backend,
  options: TrialOptions = {},
): AsyncGenerator<Finding> {
  const ground = new TrialGround(backend, options.limitMs ?? LIMIT_MS, options.signal);
  let left: readonly string[] = [];
  try {
    yield* findings(ground, chosen(options.checks));
  } finally {
    left = await ground.clear();
  }
  if (left.length > 0) yield leftovers(left);
  throwIfAborted(options.signal, `trying the backend ${JSON.stringify(backend.name)}`);
}

/**
 * The findings of a trial that cannot begin.
 *
 * @param because What keeps it, in words that end a sentence.
 */
export function* skippedTrial(because: string): Generator<Finding> {
  for (const { check } of STEPS) yield skipped(check, because);
}

function chosen(checks: readonly string[] | undefined): readonly Step[] {
  return checks === undefined ? STEPS : STEPS.filter(({ check }) => checks.includes(check));
}

async function* findings(
  ground: TrialGround,
  steps: readonly Step[],
): AsyncGenerator<Finding> {
  /** Steps that are not ok, and the first cause of that. */
  const bad = new Map<string, string>();
  let timedOut: string | undefined;
  for (const step of steps) {
    if (ground.stopped) return;
    const cause = timedOut ?? step.needs.map((need) => bad.get(need)).find(Boolean);
    const finding = cause === undefined
      ? await take(step, ground)
      : skipped(step.check, `"${cause}" did not work`);
    if (ground.stopped && finding.status === "failed") return;
    if (finding.status !== "ok") bad.set(step.check, cause ?? step.check);
    if (asArchiveError(finding.error).code === "Timeout") timedOut ??= step.check;
    yield finding;
  }
}

async function take({ check, run }: Step, ground: TrialGround): Promise<Finding> {
  try {
    const { detail, ...outcome } = await run(ground);
    return { check, status: "ok", detail: withoutFolder(detail, ground), ...outcome };
  } catch (thrown) {
    const error = asArchiveError(thrown, { backend: ground.backend.name });
    return {
      check,
      status: "failed",
      detail: withoutFolder(error.message, ground),
      advice: ADVICE[error.code],
      error,
    };
  }
}

/** The folder's name is made up and tells nobody anything. */
function withoutFolder(message: string, { folder }: TrialGround): string {
  return message.replaceAll(folder, "");
}

function skipped(check: string, because: string): Finding {
  return { check, status: "skipped", detail: `not tried, as ${because}` };
}

function leftovers(keys: readonly string[]): Finding {
  return {
    check: "clean up",
    status: "limited",
    detail: `left behind: ${keys.join(", ")}`,
    advice: "remove what the trial wrote by other means; it is in nobody's way",
  };
}

const ADVICE: Readonly<Record<ErrorCode, string>> = {
  NotFound: "make the place that the backend names, or correct its name in the configuration",
  AlreadyExists: "somebody else writes below .session-archiver-probe/; keep them out of it",
  Precondition: "somebody else writes below .session-archiver-probe/; keep them out of it",
  Unauthorized: "give this user, or these credentials, the right to do that",
  Throttled: "the store asks to slow down; wait a while, then run this again",
  Timeout: "see whether the store runs and can be reached from this machine, then run this again",
  Transient: "see whether the store runs and can be reached from this machine, then run this again",
  Aborted: "run this again",
  Invalid: "correct what the backend's configuration says of this place",
  NotSupported: "use a store that can do this",
  Corrupt: "do not keep archives here: what comes back is not what was stored",
};
