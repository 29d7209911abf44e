/**
 * The relay of one configuration, put together on this machine: its state folder, its lock, the real
 * clock. `main.ts` runs it in a process of its own, `worker.ts` in a thread.
 *
 * What it may need is imported here and not when it is needed, so that it goes on while the package
 * is updated or removed under it.
 *
 * @module
 */
import "minimatch";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import "../../backends/file.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { agentsOnMachine } from "../agents/on_machine.ts";
import { runtimeOpener } from "../agents/opencode/sqlite.ts";
import { lateSpool } from "../archive/open.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { configFile } from "../config/locate.ts";
import "../config/parse.ts";
import { othersDirectories } from "../state/assigned_directories.ts";
import { rememberConfigured } from "../state/configured.ts";
import { isAsked, takeAsRelay } from "../state/handover.ts";
import { type KnownStores, StoresFile } from "../state/known_stores.ts";
import { ledgerPath, outboxFolder, spoolFolder } from "../state/layout.ts";
import { LateOpen } from "../state/late_open.ts";
import { FileLedger } from "../state/ledger.ts";
import { stateFolder } from "../state/location.ts";
import { Outbox } from "../state/outbox.ts";
import { RelayLog } from "../state/relay_log.ts";
import "../state/spool.ts";
import { accessStamp, configStamp } from "../state/stamps.ts";
import { readStatus } from "../state/status.ts";
import { writeStatus } from "../state/status_writing.ts";
import { AgentWatch } from "./agent_watch.ts";
import { lineOf } from "./line_of.ts";
import { openLanes } from "./open_lanes.ts";
import { Relay, type WhyStopped } from "./relay.ts";
import type { RelayArchive } from "./relay_archive.ts";
import { keepRelay, type Tenure } from "./tenure.ts";
import { Wake } from "./wake.ts";

/** What a relay is started with. */
export interface RelayOptions {
  /** The configuration's absolute path, where the user named one. */
  readonly config?: string;
  /** Since when the host archives that started it, in epoch milliseconds; now by default. */
  readonly since?: number;
  /** How long to stay when nothing waits any more, in milliseconds; 30 s by default. */
  readonly lingerMs?: number;
  /**
   * The user runs it to archive everything: it stays, watches the agents' folders, and takes all sessions
   * whatever the configuration says of archiving by itself.
   */
  readonly watch?: boolean;
  /** Is told each line of the log, too. */
  readonly onSay?: (line: string) => void;
  /** Ends it: what is under way is cut short, and waits for the next one. */
  readonly signal: AbortSignal;
}

/** A relay that can be run. */
export interface ReadyRelay {
  /** Its log. */
  readonly log: RelayLog;
  /** Works until nothing is left to do, or another relay is at it; says why it ends. */
  run(): Promise<WhyStopped | undefined>;
}

const LINGER_MS = 30_000;

/**
 * Prepares a relay.
 *
 * @param options What it is started with.
 * @throws {ArchiveError} When it cannot be told where the configuration is, or there is no place for
 * the state.
 */
export async function readyRelay(options: RelayOptions): Promise<ReadyRelay> {
  const { config: path, watch = false } = options;
  const { env, platform } = process;
  // Who waits for a relay is a plugin; what the terminal is given, it has looked at itself.
  const pathNamedBy = "the plugin's option config";
  const where = { env, platform, cwd: () => process.cwd(), path, pathNamedBy };
  const file = configFile(where);
  const state = await stateFolder({ env, platform, configPath: file.path });
  const log = new RelayLog(state, { onSay: options.onSay });
  const place: Place = {
    state,
    log,
    configPath: file.path,
    isNamed: file.namedBy !== undefined && !watch,
    takesAll: watch,
    stores: new StoresFile(state, options.since ?? Date.now()),
    load: () => loadConfig(where),
  };
  return { log, run: () => run(place, options) };
}

/** Where it works. */
interface Place {
  readonly state: string;
  readonly log: RelayLog;
  readonly configPath: string;
  /** The user named it for the process that started this one. */
  readonly isNamed: boolean;
  /** All sessions are for it. */
  readonly takesAll: boolean;
  readonly stores: KnownStores;
  load(): Promise<Config>;
}

async function run(
  place: Place,
  { signal, watch: stays = false, lingerMs = stays ? Infinity : LINGER_MS }: RelayOptions,
): Promise<WhyStopped | undefined> {
  const { state, log, configPath, isNamed, stores } = place;
  const outbox = new Outbox(outboxFolder(state));
  const wake = new Wake(state);
  const now = () => performance.now();
  const watch = stays ? new AgentWatch({ now, say: (line) => log.say(line) }) : undefined;
  await wake.open();
  try {
    const relay = new Relay({
      outbox,
      configPath,
      stamp: () => configStamp(configPath),
      accessStamp,
      now,
      date: Date.now,
      random: Math.random,
      pause: (ms, early) => wake.pause(ms, early),
      rest: (ms, early) => delay(ms, undefined, { signal: early }).catch(() => undefined),
      say: (line) => log.say(line),
      sayBug: bugsTo(log),
      tellStatus: (status) => writeStatus(state, status),
      before: await readStatus(state),
      stores,
      othersDirectories: async () => stays ? [] : await othersDirectories(state, configPath),
      isNamed,
      lingerMs,
      watch,
      signal,
    });
    await loadSqlite();
    const takeOnce = () => take(place, signal);
    return await keepRelay(relay, {
      take: stays ? () => insist(takeOnce, log, signal) : takeOnce,
      names: () => outbox.names(),
      stays,
    });
  } finally {
    watch?.close();
    wake.close();
    await log.flushed();
  }
}

/** How long to wait for another relay before the lock is tried again, in milliseconds. */
const INSIST_MS = 5_000;

/** Waits also for another relay: it ends when it is of no more use, and has watched nothing. */
async function insist(
  take: () => Promise<Tenure | undefined>,
  log: RelayLog,
  signal: AbortSignal,
): Promise<Tenure | undefined> {
  for (let tries = 0;; tries++) {
    const tenure = await take();
    if (tenure !== undefined || signal.aborted) return tenure;
    if (tries === 0) log.say(`process ${process.pid} waits for another one that archives`);
    await delay(INSIST_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function take(place: Place, signal: AbortSignal): Promise<Tenure | undefined> {
  const { state, log, stores } = place;
  const lock = await takeAsRelay(state, { purpose: "archiving in the background", signal })
    .catch((error: unknown) => {
      if (isArchiveError(error, "Aborted")) return undefined;
      throw error;
    });
  if (lock === undefined) return undefined;
  log.say(`process ${process.pid} archives in the background`);
  // Also where it cannot archive anything yet. It is tried again whenever it is needed.
  await stores.since().catch(bugsTo(log));
  // It is for the lock's holder, and is not needed before there is a configuration.
  const ledger = new LateOpen(() => FileLedger.open(ledgerPath(state)));
  const spool = lateSpool(spoolFolder(state));
  const { env, platform } = process;
  return {
    async open() {
      const config = await place.load();
      if (config.exists) await rememberConfigured(state, config.path);
      await loadSdk(config);
      const agents = agentsOnMachine(env, config.agentsOff);
      const archive = await openLanes(config, {
        agents,
        ledger: await ledger.get(),
        spool,
        state,
        env,
        platform,
      });
      return place.takesAll ? takingAll(archive) : archive;
    },
    isAsked: () => isAsked(state),
    isHeld: () => lock.held(),
    async release() {
      try {
        await (await ledger.ifOpen())?.close();
      } finally {
        await lock.release();
        log.say(`process ${process.pid} gave the lock back`);
      }
    },
  };
}

function takingAll(archive: RelayArchive): RelayArchive {
  return { ...archive, settings: { ...archive.settings, auto: true, history: true } };
}

/** Where it is missing, the agent that needs it says so. */
async function loadSqlite(): Promise<void> {
  await runtimeOpener().catch(unlessUnsupported);
}

/** Where it is missing, the backend that needs it says so. */
async function loadSdk({ backends }: Config): Promise<void> {
  if (![...backends.values()].some(({ type }) => type === "s3")) return;
  await Promise.all([import("../../backends/s3/store.ts"), import("@aws-sdk/client-s3")])
    .catch(() => undefined);
}

function unlessUnsupported(error: unknown): undefined {
  if (!isArchiveError(error, "NotSupported")) throw error;
  return undefined;
}

/** Says what went wrong once, however often it comes again; where in the program only if it is its fault. */
export function bugsTo(log: RelayLog): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const said = error instanceof ArchiveError
      ? `cannot go on for now: ${lineOf(error.message)}`
      : `a fault of the program: ${error instanceof Error ? error.stack ?? error : String(error)}`;
    if (said !== last) log.say(said);
    last = said;
  };
}
