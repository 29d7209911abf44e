/**
 * From the text of a configuration to the configuration: parsed, expanded, checked, made absolute.
 *
 * Loads the YAML parser and zod, so it is itself loaded only when there is a file.
 *
 * @module
 */
import { pathsOf, type Surroundings } from "../paths/surroundings.ts";
import { disagreements } from "./agreement.ts";
import { ConfigError } from "./complaints/config_error.ts";
import { complaintsOf, type Fault } from "./complaints/fault.ts";
import { foundText } from "./complaints/found.ts";
import { faultsOf } from "./complaints/issues.ts";
import { isMap, valueAt } from "./complaints/key_path.ts";
import type { BackendConfig, BucketConfig, Config } from "./config.ts";
import { hiddenCredentials } from "./credentials.ts";
import { layoutIn, type ReadLayout } from "./layout_schema.ts";
import { absolutePath } from "./paths.ts";
import { configPattern, wrongGlobs } from "./rules.ts";
import { configSchema, type ReadConfig } from "./schema.ts";
import { expandTree, lookupIn } from "./variables.ts";
import { warningsOf } from "./warnings.ts";
import { parseYaml } from "./yaml_text.ts";

/** Where a text comes from and is meant for. */
export interface TextSurroundings extends Surroundings {
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
  const { tree, faults } = expandTree(raw, lookupIn(where.env, where.hostname));
  const checked = configSchema.safeParse(tree);
  const folders = foldersOf(raw, tree, where);
  const all = [
    ...faults,
    ...(checked.success ? [] : faultsOf(checked.error.issues, raw)),
    ...folders.faults,
    ...wrongGlobs(raw, tree, where),
    ...disagreements({ raw, tree }, folders.paths),
  ];
  if (checked.success && all.length === 0) return assemble(checked.data, raw, folders.paths, where);
  throw new ConfigError(where.path, complaintsOf(all, raw));
}

/** The absolute folders of `file` backends, and what is wrong with the others. */
function foldersOf(raw: unknown, tree: unknown, where: TextSurroundings) {
  const paths = new Map<string, string>();
  const faults: Fault[] = [];
  const { dirname } = pathsOf(where);
  const backends = valueAt(tree, ["backends"]);
  for (const [name, backend] of isMap(backends) ? Object.entries(backends) : []) {
    if (!isMap(backend) || backend.type !== "file" || typeof backend.path !== "string") continue;
    const placed = absolutePath(backend.path, dirname(where.path), where);
    if ("path" in placed) paths.set(name, placed.path);
    else {
      const path = ["backends", name, "path"];
      const found = backend.path === "" ? "" : `${foundText(valueAt(raw, path), path)}, which `;
      faults.push({ path, message: found + placed.fault });
    }
  }
  return { paths, faults };
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
        : bucketConfig(backend),
    ]),
  );
  const layouts = Object.fromEntries(
    Object.entries(read.backends).flatMap(([name, backend]) => {
      const layout = layoutIn(backend, where.hostname);
      return layout ? [[name, layout]] : [];
    }),
  );
  const rules = read.rules.map(({ match, backend }, index) => {
    const written = valueAt(raw, ["rules", index, "match"]);
    const given: readonly unknown[] = Array.isArray(written) ? written : [written];
    const patterns = listOf(match).map((glob, at) => configPattern(String(given[at]), glob, where));
    return { patterns, backends: listOf(backend ?? []) };
  });
  const { auto, history, minInterval, waitOnExit, compress } = read.archive;
  const { path, platform } = where;
  const mode = platform === "win32" ? undefined : where.mode;
  return {
    path,
    exists: true,
    backends,
    layouts,
    rules,
    default: read.default === undefined ? implied(names) : listOf(read.default),
    archive: { auto, history, minIntervalMs: minInterval, waitOnExitMs: waitOnExit, compress },
    agentsOff: Object.entries(read.agents).filter(([, isOn]) => !isOn).map(([name]) => name),
    warnings: warningsOf({ path, mode, raw, backends, rules }),
  };
}

function implied(names: readonly string[]): readonly string[] {
  return names.includes("default") ? ["default"] : names;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

function bucketConfig(read: BucketConfig & ReadLayout): BucketConfig {
  const { credentials, layout: _, machine: __, ...settings } = read;
  return credentials ? { ...settings, credentials: hiddenCredentials(credentials) } : settings;
}
