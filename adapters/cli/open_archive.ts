/**
 * The archive that the configuration describes: its backends and rules, this machine's agents, and
 * the state that goes with it.
 *
 * @module
 */
import type { Agent } from "../../core/agent.ts";
import type { Archiver } from "../../core/archiver.ts";
import type { Backend } from "../../core/backend.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { archiverOf, lateSpool } from "../archive/open.ts";
import { openBackends } from "../config/backends.ts";
import { clearTextWarnings } from "../config/clear_text.ts";
import type { Config } from "../config/config.ts";
import { rememberConfigured } from "../state/configured.ts";
import { ledgerPath, spoolFolder } from "../state/layout.ts";
import { FileLedger } from "../state/ledger.ts";
import { dataFolder, stateFolder, statePath } from "../state/location.ts";
import { countText } from "./amounts.ts";
import type { Call } from "./call.ts";
import type { Terminal } from "./terminal.ts";

/** An archive that is open. */
export interface OpenArchive {
  /** What to call. It has the backend that the user chose, else all. */
  readonly archiver: Archiver;
  /** Where it is, for people: `in` a folder, `on` backends. */
  readonly place: string;
  /** The default folder, when all of it is there and so on this machine's own disk. */
  readonly defaultFolder?: string;
  /** The folder of its state. */
  readonly state: string;
  /** Whether nothing was ever archived from here. */
  readonly isNew: boolean;
  /** How many copies are remembered in its backends. */
  remembered(): number;
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
  const { agentsOnMachine } = await import("../agents/on_machine.ts");
  return agentsOnMachine(env);
}

/**
 * The agents of this machine whose sessions the configuration wants.
 *
 * @param call Who asks.
 */
export async function wantedAgents(call: Call): Promise<readonly Agent[]> {
  const { agentsOff } = await call.config();
  return (await knownAgents(call.terminal)).filter(({ name }) => !agentsOff.includes(name));
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
  const config = await call.config();
  const backends = await openAll(call, config);
  const state = statePath(place(call.terminal, config));
  const ledger = await FileLedger.open(ledgerPath(state), { readOnly: true });
  const close = () => ledger.close();
  return assemble(call, { config, backends, agents, state, ledger: unwritten(ledger), close });
}

async function openAll(call: Call, config: Config): Promise<readonly Backend[]> {
  const backends = await openBackends(config, {
    env: call.terminal.env,
    only: call.backend,
    timeoutMs: call.timeoutMs,
  });
  if (!warned.has(call)) {
    warned.add(call);
    for (const warning of clearTextWarnings(backends, config)) await call.report.warn(warning);
  }
  return backends;
}

/** Who was warned: a call may open the archive more than once. */
const warned = new WeakSet<Call>();

/**
 * Opens the archive to change it, which one process at a time may. A relay in the background is
 * asked to hand over and waited for.
 *
 * @param call Who asks.
 * @param purpose What is being done meanwhile, as in "another run is archiving".
 * @param agents Those that are needed.
 * @throws {ArchiveError} `AlreadyExists` naming the command that is at it.
 */
export async function openToWrite(
  call: Call,
  purpose: string,
  agents: readonly Agent[] = [],
): Promise<OpenArchive> {
  const { takeOver } = await import("../state/handover.ts");
  const config = await call.config();
  const backends = await openAll(call, config);
  const state = await stateFolder(place(call.terminal, config));
  const lock = await takeOver(state, {
    purpose,
    signal: call.signal,
    onWait: ({ pid }) =>
      call.report.note(`the background relay (process ${pid}) is asked to make way`),
  });
  try {
    if (config.exists) await rememberConfigured(state, config.path);
    const ledger = await FileLedger.open(ledgerPath(state));
    await tellDamage(call, ledger, state);
    const close = async () => {
      try {
        await ledger.close();
      } finally {
        await lock.release();
      }
    };
    return assemble(call, { config, backends, agents, state, ledger, close });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function tellDamage({ report }: Call, { damaged }: FileLedger, state: string): Promise<void> {
  if (damaged === 0) return;
  await report.warn(
    `${countText(damaged, "line")} of the ledger in ${state} ${
      damaged === 1 ? "was" : "were"
    } damaged; what they said is found out again, and no archive is lost by it`,
  );
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
    allAt: (backend, key) => ledger.allAt(backend, key),
    entries: () => ledger.entries(),
    record: () => Promise.resolve(),
    // Nothing is sent of which nothing could be remembered.
    sending: (write) => ledger.sending(write),
    openWrites: () => ledger.openWrites(),
    settle: () => Promise.resolve(),
  };
}

/** What an open archive is made of. */
interface Parts {
  readonly config: Config;
  readonly backends: readonly Backend[];
  readonly agents: readonly Agent[];
  readonly state: string;
  readonly ledger: Ledger;
  readonly close: () => Promise<void>;
}

function assemble({ terminal, backend }: Call, parts: Parts): OpenArchive {
  const { config, backends, agents, state, ledger, close } = parts;
  const { platform } = terminal;
  const spool = lateSpool(spoolFolder(state));
  const archiver = archiverOf({ config, backends, only: backend, agents, ledger, spool, platform });
  const folder = onlyFolder(config);
  return {
    archiver,
    place: folder ? `in ${folder}` : `on ${backends.map(({ name }) => name).join(", ")}`,
    ...(folder === dataFolder(terminal) && { defaultFolder: folder }),
    state,
    isNew: ledger.entries()[Symbol.iterator]().next().done === true,
    remembered: () => copiesIn(ledger, archiver.backends),
    async close() {
      try {
        await archiver.close();
      } finally {
        await close();
      }
    },
  };
}

function copiesIn(ledger: Ledger, backends: readonly Backend[]): number {
  const identities = new Set(backends.map(({ identity }) => identity));
  let count = 0;
  for (const { state, backend } of ledger.entries()) {
    if (state !== "deleted" && identities.has(backend)) count++;
  }
  return count;
}

/** The folder that holds everything, when one does. */
function onlyFolder({ backends }: Config): string | undefined {
  const [first, ...others] = backends.values();
  return first?.type === "file" && others.length === 0 ? first.path : undefined;
}

/** Each configuration has a state of its own: what is archived where depends on it. */
function place({ env, platform }: Terminal, { path: configPath }: Config) {
  return { env, platform, configPath };
}
