/**
 * What is right in a configuration and should be known all the same.
 *
 * @module
 */
import { isMap, keyPathText, valueAt } from "./complaints/key_path.ts";
import type { BackendConfig, ConfigRule } from "./config.ts";
import { isReadableOnTheWay } from "./clear_text.ts";
import { hasVariable } from "./variables.ts";

/** What warnings go by. */
export interface Judged {
  /** The file. */
  readonly path: string;
  /** Its mode, where the system keeps one that means something. */
  readonly mode: number | undefined;
  /** The file as it stands. */
  readonly raw: unknown;
  /** The backends by name. */
  readonly backends: ReadonlyMap<string, BackendConfig>;
  /** The rules. */
  readonly rules: readonly ConfigRule[];
}

/** Classes whose objects must be restored, for hours, before they can be read. */
const FROZEN = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/**
 * Finds everything worth a warning.
 *
 * @param judged The configuration.
 * @returns A line each.
 */
export function warningsOf({ path, mode, raw, backends, rules }: Judged): string[] {
  return [
    ...readableByOthers(path, mode, raw),
    ...[...backends].flatMap(([name, backend]) => ofBackend(name, backend, path)),
    ...rules.flatMap((rule, index) => ofRule(rule, index, rules, path)),
  ];
}

function readableByOthers(path: string, mode: number | undefined, raw: unknown): string[] {
  if (mode === undefined || (mode & 0o077) === 0 || !holdsSecret(raw)) return [];
  return [
    `${path} holds credentials and is open to others of this machine; run: chmod 600 ${path}`,
  ];
}

/** Whether a secret stands in the file itself, and not the name of a variable. */
function holdsSecret(raw: unknown): boolean {
  const backends = valueAt(raw, ["backends"]);
  if (!isMap(backends)) return false;
  return Object.values(backends).some((backend) =>
    ["secretAccessKey", "sessionToken"].some((key) => {
      const value = valueAt(backend, ["credentials", key]);
      return typeof value === "string" && !hasVariable(value);
    })
  );
}

function ofBackend(name: string, backend: BackendConfig, path: string): string[] {
  if (backend.type !== "s3") return [];
  const at = (key: string) => `${path}: ${keyPathText(["backends", name, key])}`;
  const { endpoint, storageClass } = backend;
  const warnings: string[] = [];
  if (endpoint !== undefined && isReadableOnTheWay(endpoint)) {
    warnings.push(`${at("endpoint")} is http: sessions go over the network readable; use https`);
  }
  if (storageClass !== undefined && FROZEN.has(storageClass)) {
    warnings.push(
      `${at("storageClass")} is ${storageClass}: archives cannot be read, compared or restored ` +
        "before the store has thawed them; GLACIER_IR can be read at once",
    );
  }
  return warnings;
}

function ofRule(
  { patterns, backends }: ConfigRule,
  index: number,
  rules: readonly ConfigRule[],
  path: string,
): string[] {
  const at = `${path}: ${keyPathText(["rules", index])}`;
  const earlier = rules.slice(0, index).findIndex(isForEverything);
  if (earlier >= 0) {
    const other = keyPathText(["rules", earlier]);
    return [`${at} is never used, for ${other} matches every project; put it first`];
  }
  // Not archiving is a promise, so say where it ends.
  const match = patterns.map(({ written }) => written);
  const narrow = backends.length === 0 ? match.filter((glob) => !/[*?[\]{}()]/.test(glob)) : [];
  return narrow
    .filter((glob) => !match.includes(`${plainEnd(glob)}/**`))
    .map((glob) =>
      `${at} keeps back the project ${glob} and none in folders below it; ` +
      `write ${plainEnd(glob)}/** to keep back those too`
    );
}

function isForEverything({ patterns }: ConfigRule): boolean {
  return patterns.some(({ globs }) => globs.some((glob) => glob === "**" || glob === "/**"));
}

function plainEnd(glob: string): string {
  return glob.replace(/[/\\]+$/, "");
}
