/**
 * The archive of this machine as it is with nothing set up: one folder, one ledger, all agents.
 *
 * @module
 */
import { join } from "node:path";
import type { Agent } from "../../core/agent.ts";
import { Archiver } from "../../core/archiver.ts";
import type { Ledger } from "../../core/ledger.ts";
import type { Spool } from "../../core/spool.ts";
import { FileBackend } from "../../backends/file.ts";
import { FileLedger } from "../state/ledger.ts";
import { configPath, dataFolder, stateFolder, statePath } from "../state/location.ts";
import type { Call } from "./call.ts";
import { countText } from "./amounts.ts";
import { pathRules, projectPaths } from "./project_paths.ts";
import type { Terminal } from "./terminal.ts";

/** An archive that is open. */
export interface OpenArchive {
  /** What to call. */
  readonly archiver: Archiver;
  /** Where the default backend keeps its files; absolute. */
  readonly folder: string;
  /** Whether nothing was ever archived from here. */
  readonly isNew: boolean;
  /** Lets go of everything, the lock last. */
  close(): Promise<void>;
}

/**
 * The agents of this machine.
 *
 * @param terminal Whose.
 */
export async function knownAgents({ agents, env }: Terminal): Promise<readonly Agent[]> {
  if (agents) return agents;
  const { openCode } = await import("../agents/opencode/mod.ts");
  return [openCode({ env })];
}

/**
 * Opens the archive to look at it, whoever else is writing. Nothing is remembered of what is found.
 *
 * @param call Who asks.
 * @param agents Those that are needed.
 */
export async function openToRead(
  call: Call,
  agents: readonly Agent[] = [],
): Promise<OpenArchive> {
  const state = statePath(place(call.terminal));
  const ledger = await FileLedger.open(join(state, "ledger.jsonl"), { readOnly: true });
  return assemble(call, agents, state, unwritten(ledger), () => ledger.close());
}

/**
 * Opens the archive to change it, which one process at a time may.
 *
 * @param call Who asks.
 * @param purpose What is being done meanwhile, as in "another run is archiving".
 * @param agents Those that are needed.
 * @throws {ArchiveError} `AlreadyExists` naming the process that holds it.
 */
export async function openToWrite(
  call: Call,
  purpose: string,
  agents: readonly Agent[] = [],
): Promise<OpenArchive> {
  const { acquireLock } = await import("../state/lock.ts");
  const state = await stateFolder(place(call.terminal));
  const lock = await acquireLock(join(state, "lock"), { purpose, signal: call.signal });
  try {
    const ledger = await FileLedger.open(join(state, "ledger.jsonl"));
    if (ledger.damaged > 0) {
      await call.report.warn(
        `${countText(ledger.damaged, "line")} of the ledger in ${state} ${
          ledger.damaged === 1 ? "was" : "were"
        } damaged; what they said is found out again, and no archive is lost by it`,
      );
    }
    return assemble(call, agents, state, ledger, async () => {
      try {
        await ledger.close();
      } finally {
        await lock.release();
      }
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * A ledger that tells what another one knows and remembers nothing.
 *
 * @param ledger The other one.
 */
function unwritten(ledger: Ledger): Ledger {
  return {
    get: (session, backend) => ledger.get(session, backend),
    at: (backend, key) => ledger.at(backend, key),
    entries: () => ledger.entries(),
    record: () => Promise.resolve(),
  };
}

function assemble(
  { terminal }: Call,
  agents: readonly Agent[],
  state: string,
  ledger: Ledger,
  close: () => Promise<void>,
): OpenArchive {
  const folder = dataFolder(terminal);
  const archiver = new Archiver({
    agents,
    backends: [new FileBackend({ path: folder, name: "default" })],
    ledger,
    spool: lateSpool(join(state, "spool")),
    paths: pathRules(terminal),
    pathsOf: projectPaths,
  });
  return {
    archiver,
    folder,
    isNew: ledger.entries()[Symbol.iterator]().next().done === true,
    async close() {
      try {
        await archiver.close();
      } finally {
        await close();
      }
    },
  };
}

/** A spool that is opened for the first document that needs it; most sessions are small. */
function lateSpool(folder: string): Spool {
  let opened: Promise<Spool> | undefined;
  const open = async () => await (await import("../state/spool.ts")).FileSpool.open(folder);
  return { write: async (chunks) => await (await (opened ??= open())).write(chunks) };
}

function place({ env, platform }: Terminal) {
  return { env, platform, configPath: configPath({ env, platform }) };
}
