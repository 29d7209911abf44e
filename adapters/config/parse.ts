/**
 * From the text of a configuration to the configuration: parsed, expanded, checked, made absolute.
 *
 * Loads the YAML parser and zod, so it is itself loaded only when there is a file.
 *
 * @module
 */
import { posix, win32 } from "node:path";
import { pathRules } from "../paths/project_paths.ts";
import { disagreements } from "./agreement.ts";
import type { BackendConfig, Config, S3Settings } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { hiddenCredentials } from "./credentials.ts";
import { complaintsOf, type Finding } from "./finding.ts";
import { foundText } from "./found.ts";
import { findingsOf } from "./issues.ts";
import { isMap, valueAt } from "./key_path.ts";
import { absolutePath, type PathSurroundings } from "./paths.ts";
import { configRule, wrongGlobs } from "./rules.ts";
import { configSchema, type ReadConfig } from "./schema.ts";
import { expandTree, lookupIn } from "./variables.ts";
import { warningsOf } from "./warnings.ts";
import { parseYaml } from "./yaml_text.ts";

/** Where a text comes from and is meant for. */
export interface TextSurroundings extends PathSurroundings {
  /** The file; absolute. */
  readonly path: string;
  /** Its mode, where it has one that means something. */
  readonly mode?: number;
  /** Tells the host's name. */
  readonly hostname: () => string;
}

/**
 * Reads a configuration.
 *
 * @param text YAML.
 * @param where Where it comes from.
 * @throws {ConfigError} With everything that is wrong.
 */
export function parseConfig(text: string, where: TextSurroundings): Config {
  const raw = parseYaml(text, where.path);
  const { tree, findings } = expandTree(raw, lookupIn(where.env, where.hostname));
  const checked = configSchema.safeParse(tree);
  const folders = foldersOf(raw, tree, where);
  const all = [
    ...findings,
    ...(checked.success ? [] : findingsOf(checked.error.issues, raw)),
    ...folders.findings,
    ...wrongGlobs(raw, tree, where),
    ...disagreements({ raw, tree }, folders.paths),
  ];
  if (checked.success && all.length === 0) return assemble(checked.data, raw, folders.paths, where);
  throw new ConfigError(where.path, complaintsOf(all, raw));
}

/** The absolute folders of `file` backends, and what is wrong with the others. */
function foldersOf(raw: unknown, tree: unknown, where: TextSurroundings) {
  const paths = new Map<string, string>();
  const findings: Finding[] = [];
  const { dirname } = where.platform === "win32" ? win32 : posix;
  const backends = valueAt(tree, ["backends"]);
  for (const [name, backend] of isMap(backends) ? Object.entries(backends) : []) {
    if (!isMap(backend) || backend.type !== "file" || typeof backend.path !== "string") continue;
    const placed = absolutePath(backend.path, dirname(where.path), where);
    if ("path" in placed) paths.set(name, placed.path);
    else {
      const path = ["backends", name, "path"];
      const found = backend.path === "" ? "" : `${foundText(valueAt(raw, path), path)}, which `;
      findings.push({ path, message: found + placed.fault });
    }
  }
  return { paths, findings };
}

function assemble(
  read: ReadConfig,
  raw: unknown,
  folders: ReadonlyMap<string, string>,
  where: TextSurroundings,
): Config {
  const names = Object.keys(read.backends);
  const backends = new Map(
    Object.entries(read.backends).map(([name, backend]): [string, BackendConfig] => [
      name,
      backend.type === "file"
        ? { type: "file", path: folders.get(name) ?? backend.path }
        : s3Settings(backend),
    ]),
  );
  const rules = read.rules.map(({ match, backend }, index) => {
    const written = valueAt(raw, ["rules", index, "match"]);
    const given = (Array.isArray(written) ? written : [written]).map(String);
    return configRule(given, listOf(match), listOf(backend ?? []), where, pathRules(where));
  });
  const { auto, history, minInterval, waitOnExit, compress } = read.archive;
  const { path, platform } = where;
  const mode = platform === "win32" ? undefined : where.mode;
  return {
    path,
    exists: true,
    backends,
    rules,
    default: read.default === undefined ? implied(names) : listOf(read.default),
    archive: { auto, history, minIntervalMs: minInterval, waitOnExitMs: waitOnExit, compress },
    warnings: warningsOf({ path, mode, raw, backends, rules }),
  };
}

function implied(names: readonly string[]): readonly string[] {
  return names.includes("default") ? ["default"] : names;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

function s3Settings(read: S3Settings): S3Settings {
  const { credentials, ...settings } = read;
  return credentials ? { ...settings, credentials: hiddenCredentials(credentials) } : settings;
}
