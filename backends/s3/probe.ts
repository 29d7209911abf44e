/**
 * Trying a bucket: whose keys, which store, whether it answers; then everything that any backend is
 * tried for, with what S3 in particular needs to be told about a failure.
 *
 * @module
 */
import type { Backend, Finding } from "../../core/backend.ts";
import { asArchiveError, isArchiveError, throwIfAborted } from "../../core/errors.ts";
import { skippedTrial, type TrialOptions, tryBackend } from "../support/trial.ts";
import { within } from "../support/trial_ground.ts";
import { clockOutcome } from "../support/trial_steps.ts";
import { callerIdentity, type SigningKeys } from "./caller_identity.ts";
import { failedFinding } from "./probe_advice.ts";
import { addressText, type BucketProbe, probeBucket } from "./probe_bucket.ts";
import { probeHints } from "./probe_hints.ts";
import { probePaging } from "./probe_paging.ts";

/** What is tried. */
export interface S3Probe extends Omit<BucketProbe, "patience" | "signal"> {
  /** The backend. */
  readonly backend: Backend;
  /** The profile in force. */
  readonly profile?: string;
}

const PATIENCE = 20_000;
/** Who one is only helps. */
const IDENTITY_PATIENCE = 5_000;

/**
 * Tries a bucket. See {@linkcode tryBackend} for what is left behind, which is nothing.
 *
 * @param tried What.
 * @param options Signal and patience.
 */
export async function* probeS3(
  tried: S3Probe,
  options: TrialOptions = {},
): AsyncGenerator<Finding> {
  const probe = { ...tried, ...options, patience: options.patience ?? PATIENCE };
  const { settings } = tried.connection;
  yield { check: "address", status: "ok", detail: addressText(settings, tried.profile) };
  const keys = await credentials(probe);
  yield keys.finding;
  if (!keys.isReachable) return yield* skippedTrial('"credentials" did not work');
  const bucket = await probeBucket(probe);
  throwIfAborted(options.signal, `trying the backend ${JSON.stringify(settings.backend)}`);
  yield bucket.finding;
  if (!bucket.isReachable) return yield* skippedTrial('"bucket" did not work');
  yield* trial(probe, options);
  yield* probeHints(probe);
}

async function credentials({ connection, patience, signal }: BucketProbe) {
  const { settings } = connection;
  const doing = "looking for credentials";
  try {
    const keys = await within(
      doing,
      (signal) =>
        connection.run(
          { backend: settings.backend, doing, signals: [signal] },
          "HeadBucket",
          (s3) => s3.config.credentials(),
        ),
      // A program or a browser may have to be waited for.
      6 * patience,
      signal,
    );
    return { isReachable: true, finding: await identified(keys, { connection, patience, signal }) };
  } catch (thrown) {
    if (isArchiveError(thrown, "Aborted")) throw thrown;
    const error = asArchiveError(thrown, { backend: settings.backend });
    return { isReachable: false, finding: failedFinding("credentials", error, settings) };
  }
}

async function identified(
  keys: SigningKeys,
  { connection, patience, signal }: Pick<BucketProbe, "connection" | "patience" | "signal">,
): Promise<Finding> {
  const key = `access key ${masked(keys.accessKeyId)}`;
  const identity = await within(
    "asking who that is",
    (signal) => callerIdentity(keys, connection.settings, signal),
    Math.min(patience, IDENTITY_PATIENCE),
    signal,
  ).catch(() => undefined);
  const detail = identity === undefined ? key : `${identity.arn}, ${key}`;
  return { check: "credentials", status: "ok", detail };
}

/** Enough to tell keys apart. */
function masked(accessKeyId: string): string {
  return accessKeyId.length < 12 ? "…" : `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
}

async function* trial(
  probe: S3Probe & BucketProbe,
  options: TrialOptions,
): AsyncGenerator<Finding> {
  const { backend, connection: { settings } } = probe;
  for await (const finding of tryBackend(backend, options)) {
    yield await explained(finding, probe, options);
    // The first version of the listing has no pages but by key, which was just tried.
    const hasPages = finding.check === "list order" && settings.quirks.listVersion === 2;
    if (hasPages && finding.status === "ok") yield await probePaging(backend, probe);
  }
}

/** The finding with what S3 in particular has to say about it. */
async function explained(
  finding: Finding,
  probe: S3Probe & BucketProbe,
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
  { variant }: BucketProbe,
  options: TrialOptions,
): Promise<Finding> {
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
  return { ...finding, advice };
}

/** Without an error, the store took what it should not have taken. */
function isAboutCondition(error: Error | undefined): boolean {
  if (error === undefined) return true;
  return isArchiveError(error, "NotSupported") || isArchiveError(error, "Precondition") ||
    isArchiveError(error, "AlreadyExists");
}

/** A condition that is passed over does harm: it is believed in. */
function ignored(finding: Finding, quirk: Condition): Finding {
  const why = finding.error === undefined ? "" : "; the store refuses or mistakes the condition";
  const advice =
    `write "${quirk}: false" below the backend's "quirks", so that the archive does not ` +
    `rely on it${why}`;
  return { ...finding, advice };
}

/** The SDK has compared the clocks with the first answer. */
async function clock(
  finding: Finding,
  { connection, patience, signal }: BucketProbe,
): Promise<Finding> {
  const doing = "comparing the clocks";
  const { backend } = connection.settings;
  const skew = await within(
    doing,
    (signal) =>
      connection.run(
        { backend, doing, signals: [signal] },
        "HeadBucket",
        (s3) => Promise.resolve(s3.config.systemClockOffset),
      ),
    patience,
    signal,
  );
  return skew === 0 ? finding : { check: finding.check, status: "ok", ...clockOutcome(skew) };
}
