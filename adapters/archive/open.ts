/**
 * From a configuration to the archive that it describes. The one place where backends, rules,
 * ledger and spool come together: for the terminal and for the relay.
 *
 * @module
 */
import type { Agent } from "../../core/agent.ts";
import { Archiver } from "../../core/archiver.ts";
import type { Backend } from "../../core/backend.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Spool } from "../../core/document/spool.ts";
import { chosen } from "../config/chosen.ts";
import type { Config } from "../config/config.ts";
import { coreRules } from "../config/core_rules.ts";
import { pathRules, projectPaths } from "../paths/project_paths.ts";
import { LateOpen } from "../state/late_open.ts";

/** What an archive is made of. */
export interface ArchiveParts {
  readonly config: Config;
  /** Those that the configuration names, or the only one that counts. */
  readonly backends: readonly Backend[];
  /** The name of the only backend that counts; what others would get goes nowhere then. */
  readonly only?: string;
  readonly agents: readonly Agent[];
  readonly ledger: Ledger;
  readonly spool: Spool;
  /** `process.platform`. */
  readonly platform: string;
}

/**
 * Puts an archive together; nothing is opened or read yet.
 *
 * @param parts What it is made of.
 */
export function archiverOf(parts: ArchiveParts): Archiver {
  const { config, backends, only, agents, ledger, spool, platform } = parts;
  const opened = new Set(backends.map(({ name }) => name));
  return new Archiver({
    agents,
    backends,
    rules: coreRules(config, only),
    default: chosen(config.default, only),
    ledger,
    spool,
    paths: pathRules({ platform }),
    pathsOf: projectPaths,
    compress: config.archive.compress,
    layouts: Object.fromEntries(
      Object.entries(config.layouts).filter(([name]) => opened.has(name)),
    ),
  });
}

/**
 * A spool that is opened for the first document that needs it; most sessions are small.
 *
 * @param folder Where its files belong.
 */
export function lateSpool(folder: string): Spool {
  const late = new LateOpen<Spool>(async () => {
    return await (await import("../state/spool.ts")).FileSpool.open(folder);
  });
  return { write: async (chunks) => await (await late.get()).write(chunks) };
}
