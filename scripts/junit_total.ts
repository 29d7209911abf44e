/**
 * Adds up JUnit reports of `deno test`: tells what failed, and last `N passed, N failed`, alone on a
 * line.
 *
 * Only tests that hold no other test count: a `describe` is no test of its own, unless it fails
 * by itself, in a hook. Ends with 1 when a test failed, when none ran, or when a report is missing.
 *
 * Usage: `deno run -A --no-config scripts/junit_total.ts REPORT…`
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** How many tests ended how. */
export interface Totals {
  /** Those that passed. */
  readonly passed: number;
  /** Those that failed. */
  readonly failed: number;
  /** What each of those said: its name, and the beginning of its error. */
  readonly failures: readonly string[];
}

interface TestCase {
  readonly name: string;
  readonly body: string;
}

/**
 * Counts the tests of one report.
 *
 * @param xml What `deno test --junit-path` wrote.
 */
export function countReport(xml: string): Totals {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)]
    .map(([, name = "", body = ""]): TestCase => ({ name, body }));
  const groups = groupNames(cases);
  const isTest = ({ name }: TestCase) => !groups.has(name);
  const failed = cases.filter((one) => hasFailed(one) && (isTest(one) || !failedByItsTests(one)));
  const passed = cases.filter((one) => isTest(one) && !hasFailed(one) && !wasSkipped(one));
  return { passed: passed.length, failed: failed.length, failures: failed.map(failureText) };
}

/** `a > b > c` makes groups of `a` and `a > b`. */
function groupNames(cases: readonly TestCase[]): ReadonlySet<string> {
  const groups = new Set<string>();
  for (const { name } of cases) {
    for (let at = name.indexOf(SEPARATOR); at >= 0; at = name.indexOf(SEPARATOR, at + 1)) {
      groups.add(name.slice(0, at));
    }
  }
  return groups;
}

const SEPARATOR = " &gt; ";

function hasFailed({ body }: TestCase): boolean {
  return /<(failure|error)\b/.test(body);
}

function failedByItsTests({ body }: TestCase): boolean {
  return /<failure message="\d+ test steps? failed"/.test(body);
}

/** Enough to know the fault, of however many that failed for the same reason. */
const LINES = 12;

function failureText({ name, body }: TestCase): string {
  const said = /<(?:failure|error)\b[^>]*>([\s\S]*?)<\//.exec(body)?.[1] ?? "";
  const lines = plain(said).trim().split("\n").slice(0, LINES);
  return [plain(name), ...lines.map((line) => `  ${line}`)].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function plain(xml: string): string {
  return xml.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

function wasSkipped({ body }: TestCase): boolean {
  return /<skipped\b/.test(body);
}

function countFile(path: string): Totals | undefined {
  try {
    return countReport(readFileSync(path, "utf8"));
  } catch (error) {
    console.error(`no report in ${path}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function main(paths: readonly string[]): number {
  const counts = paths.map(countFile);
  const passed = counts.reduce((sum, count) => sum + (count?.passed ?? 0), 0);
  const failed = counts.reduce((sum, count) => sum + (count?.failed ?? 0), 0);
  for (const failure of counts.flatMap((count) => count?.failures ?? [])) {
    console.log(`failed: ${failure}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 && counts.every((count) => count !== undefined) ? 0 : 1;
}

if (import.meta.main) process.exit(main(process.argv.slice(2)));
