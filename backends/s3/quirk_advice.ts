/**
 * What a trial showed of a store that is not known of it, as data: the quirks that somebody who
 * follows the advice writes down.
 *
 * @module
 */
import type { Finding } from "../../core/backend.ts";
import type { S3Quirks } from "../s3_providers.ts";

/** Quirks that a trial can advise. */
export type AdvisedQuirks = Partial<Pick<S3Quirks, "createOnly" | "ifMatch">>;

/** A finding whose advice is to write quirks down. */
export interface QuirkFinding extends Finding {
  /** Those quirks. */
  readonly quirks: AdvisedQuirks;
}

/**
 * All quirks that findings advise.
 *
 * @param findings Of a trial.
 */
export function advisedQuirks(findings: readonly Finding[]): AdvisedQuirks {
  return Object.assign({}, ...findings.filter(advisesQuirks).map(({ quirks }) => quirks));
}

function advisesQuirks(finding: Finding): finding is QuirkFinding {
  return "quirks" in finding;
}
