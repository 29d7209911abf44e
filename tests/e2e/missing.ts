/**
 * What happens to tests whose real thing is not on this machine: they are skipped, with the reason;
 * in CI, where everything must be there, they fail. A test says so rather than the module, since the
 * runner's report leaves out modules that throw.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

/** Why something cannot be tested with. */
export interface Missing {
  /** What is missing, in one line. */
  readonly missing: string;
  /** It should be there and does not work: a failure on any machine. */
  readonly broken?: boolean;
}

/**
 * Registers a test in place of those that need what is missing.
 *
 * @param name What they are of.
 * @param why What is missing.
 */
export function testWithout(name: string, { missing, broken }: Missing): void {
  const fails = broken || process.env.CI;
  test(name, { skip: fails ? false : missing }, () => assert.fail(missing));
}
