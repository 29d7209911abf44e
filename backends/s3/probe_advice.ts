/**
 * Failures of S3 as findings: what was seen apart from what to do.
 *
 * @module
 */
import type { Finding } from "../../core/backend.ts";
import type { ArchiveError } from "../../core/errors.ts";
import { failureBehind } from "./failure.ts";
import type { S3Settings } from "./settings.ts";

/**
 * A failed finding.
 *
 * @param check What was tried.
 * @param error What it failed with.
 * @param settings What the backend goes by.
 */
export function failedFinding(check: string, error: ArchiveError, settings: S3Settings): Finding {
  const advice = refusedChecksum(error, settings) ?? brokenListing(error, settings) ??
    adviceIn(error) ?? usual(error, settings);
  return { check, status: "failed", detail: seenIn(error), advice, error };
}

/**
 * What an error says is to be done: by custom the last part of its message, behind a semicolon.
 *
 * @param error Of an S3 backend.
 */
export function adviceIn({ message }: Error): string | undefined {
  const at = message.lastIndexOf("; ");
  return at < 0 ? undefined : message.slice(at + 2);
}

/** What an error says was seen, without what was being done: the check tells that. */
export function seenIn({ message }: Error): string {
  const seen = message.replace(/^.*? failed: /, "");
  const at = seen.lastIndexOf("; ");
  return at < 0 ? seen : seen.slice(0, at);
}

/** Many stores know no checksums but their own. */
function refusedChecksum(
  error: ArchiveError,
  { quirks, provider }: S3Settings,
): string | undefined {
  const failure = failureBehind(error);
  if (quirks.checksums === "required" || failure === undefined) return undefined;
  const { code, message, facts: { refused = "" } } = failure;
  const isAbout = /checksum|crc32|aws-chunked|STREAMING|trailer/i.test(`${refused} ${message}`) ||
    /Checksum|ContentSHA256/i.test(code);
  if (!isAbout) return undefined;
  return "the store refuses the SDK's checksums: write \"checksums: required\" below the backend's " +
    `"quirks", or name the store as "provider" (now ${provider})`;
}

/** The first version of the call goes on from a key and so needs no token. */
function brokenListing({ message }: Error, { quirks }: S3Settings): string | undefined {
  if (quirks.listVersion === 1 || !message.includes("the listing ended early")) return undefined;
  return 'write "listVersion: 1" below the backend\'s "quirks", or reach the store without the ' +
    "proxy that cuts its answers";
}

function usual({ code }: ArchiveError, { where, from }: S3Settings): string {
  if (code === "Timeout") {
    return `see whether ${where} runs and can be reached from this machine, and check the endpoint ` +
      `(from ${from.endpoint})`;
  }
  return `check the endpoint (from ${from.endpoint}), the bucket and the credentials`;
}
