/**
 * Trying a bucket: whose keys, which store, whether it answers; then everything that any backend is
 * tried for, with what S3 in particular needs to be told about a failure.
 *
 * @module
 */
import type { Backend, Finding } from "../../core/backend.ts";
import { asArchiveError, isArchiveError, throwIfAborted } from "../../core/errors.ts";
import type { Call } from "../support/call.ts";
import { skippedTrial, type TrialOptions, tryBackend } from "../support/trial.ts";
import { clockOutcome } from "../support/trial_steps.ts";
import { callerIdentity } from "./caller_identity.ts";
import type { S3Keys } from "./options.ts";
import { failedFinding } from "./probe_advice.ts";
import { asking, type BucketProbe, type VariableProbe } from "./probe_ask.ts";
import { addressText, type BucketVerdict, probeBucket } from "./probe_bucket.ts";
import { probeHints } from "./probe_hints.ts";
import { probePaging } from "./probe_paging.ts";
import { probePartCopy } from "./probe_part_copy.ts";
import type { QuirkFinding } from "./quirk_advice.ts";

/** What is tried. */
export interface S3Probe extends Omit<VariableProbe, "limitMs" | "signal"> {
  /** The backend. */
  readonly backend: Backend;
}

/** The same, with the limits in force. */
type Limited = S3Probe & VariableProbe;

/** How long one call may take, in milliseconds. */
const LIMIT_MS = 20_000;
/** Who one is only helps. */
const IDENTITY_LIMIT_MS = 5_000;

/**
 * Tries a bucket. See {@linkcode tryBackend} for what is left behind, which is nothing.
 *
 * @param tried What.
 * @param options Signal and limit.
 */
export async function* probeS3(
  tried: S3Probe,
  options: TrialOptions = {},
): AsyncGenerator<Finding> {
  const { signal, limitMs = LIMIT_MS } = options;
  const probe = { ...tried, signal, limitMs };
  const { settings } = tried.connection;
  yield { check: "address", status: "ok", detail: addressText(settings) };
  const keys = await credentials(probe);
  yield keys.finding;
  if (!keys.isReachable) return yield* skippedTrial('"credentials" did not work');
  const bucket = await probeBucket(probe);
  throwIfAborted(signal, `trying the backend ${JSON.stringify(settings.backend)}`);
  yield bucket.finding;
  if (!bucket.isReachable) return yield* skippedTrial('"bucket" did not work');
  yield* trial(probe, options);
  yield* probeHints(probe);
}

async function credentials(probe: BucketProbe): Promise<BucketVerdict> {
  const { connection, limitMs } = probe;
  const { settings } = connection;
  try {
    const find = (call: Call) => connection.credentials(call);
    // A program or a browser may have to be waited for.
    const keys = await asking(probe, "looking for credentials", find, 6 * limitMs);
    return { isReachable: true, finding: await identified(keys, probe) };
  } catch (thrown) {
    if (isArchiveError(thrown, "Aborted")) throw thrown;
    const error = asArchiveError(thrown, { backend: settings.backend });
    return { isReachable: false, finding: failedFinding("credentials", error, settings) };
  }
}

async function identified(keys: S3Keys, probe: BucketProbe): Promise<Finding> {
  const key = `access key ${masked(keys.accessKeyId)}`;
  const find = (call: Call) => callerIdentity(probe.connection, call);
  const limitMs = Math.min(probe.limitMs, IDENTITY_LIMIT_MS);
  const identity = await asking(probe, "asking who that is", find, limitMs)
    .catch(() => undefined);
  const detail = identity === undefined ? key : `${identity.arn}, ${key}`;
  return { check: "credentials", status: "ok", detail };
}

/** Enough to tell keys apart. */
function masked(accessKeyId: string): string {
  return accessKeyId.length < 12 ? "…" : `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
}

async function* trial(
  probe: Limited,
  options: TrialOptions,
): AsyncGenerator<Finding> {
  const { backend, connection: { settings } } = probe;
  for await (const finding of tryBackend(backend, options)) {
    yield await explained(finding, probe, options);
    if (finding.check === "large object" && finding.status === "ok") {
      const partCopy = await probePartCopy(backend, probe);
      if (partCopy !== undefined) yield partCopy;
    }
    // The first version of the listing has no pages but by key, which was just tried.
    const hasPages = finding.check === "list order" && settings.quirks.listVersion === 2;
    if (hasPages && finding.status === "ok") yield await probePaging(backend, probe);
  }
}

/** The finding with what S3 in particular has to say about it. */
async function explained(
  finding: Finding,
  probe: Limited,
  options: TrialOptions,
): Promise<Finding> {
  const { check, status, error } = finding;
  const { settings } = probe.connection;
  const quirk = CONDITIONS[check];
  if (quirk !== undefined) {
    if (status === "limited") return await undeclared(finding, quirk, probe, options);
    if (status === "failed" && isAboutCondition(error)) return ignored(finding, quirk);
  }
  if (check === "clock" && status === "skipped") return await clock(finding, probe);
  if (error === undefined) return finding;
  const told = failedFinding(check, asArchiveError(error), settings);
  return status === "limited"
    ? { ...finding, detail: told.detail, advice: limitedAdvice(finding, told) }
    : told;
}

function limitedAdvice({ advice }: Finding, told: Finding): string {
  return [told.advice, advice].filter(Boolean).join("; ");
}

type Condition = "createOnly" | "ifMatch";

const CONDITIONS: Readonly<Record<string, Condition>> = {
  "create only": "createOnly",
  "replace if unchanged": "ifMatch",
};

/** A store may do what nobody has told us that it does. */
async function undeclared(
  finding: Finding,
  quirk: Condition,
  { variant }: VariableProbe,
  options: TrialOptions,
): Promise<Finding | QuirkFinding> {
  const able = variant({ [quirk]: true });
  try {
    for await (
      const { check, status } of tryBackend(able, { ...options, checks: [finding.check] })
    ) {
      if (check !== finding.check) continue;
      if (status !== "ok") return { ...finding, detail: `the store cannot; ${finding.detail}` };
    }
  } finally {
    await able.close?.();
  }
  const advice =
    `the store does it right when it is asked to: write "${quirk}: true" below the backend's "quirks"`;
  return { ...finding, advice, quirks: { [quirk]: true } };
}

/** Without an error, the store took what it should not have taken. */
function isAboutCondition(error: Error | undefined): boolean {
  if (error === undefined) return true;
  return isArchiveError(error, "NotSupported") || isArchiveError(error, "Precondition") ||
    isArchiveError(error, "AlreadyExists");
}

/** A condition that is passed over does harm: it is believed in. */
function ignored(finding: Finding, quirk: Condition): QuirkFinding {
  const why = finding.error === undefined ? "" : "; the store refuses or mistakes the condition";
  const advice =
    `write "${quirk}: false" below the backend's "quirks", so that the archive does not ` +
    `rely on it${why}`;
  return { ...finding, advice, quirks: { [quirk]: false } };
}

/** The SDK has compared the clocks with the first answer. */
async function clock(finding: Finding, probe: BucketProbe): Promise<Finding> {
  const compare = (call: Call) => probe.connection.clockOffset(call);
  const skew = await asking(probe, "comparing the clocks", compare);
  return skew === 0 ? finding : { check: finding.check, status: "ok", ...clockOutcome(skew) };
}
