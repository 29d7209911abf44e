/**
 * A machine of the model: an agent with its sessions, the real outbox and the real ledger in a folder
 * of its own, and a relay that is killed and started again.
 *
 * @module
 */
import { type FileHandle, open, readFile, rm, truncate } from "node:fs/promises";
import { ARCHIVE_DEFAULTS } from "../../../adapters/config/defaults.ts";
import { Relay } from "../../../adapters/relay/relay.ts";
import type { OpenLane, RelayArchive } from "../../../adapters/relay/relay_archive.ts";
import { keepRelay, type Tenure } from "../../../adapters/relay/tenure.ts";
import type { OpenedFile } from "../../../adapters/state/append_file.ts";
import { makePrivateFolder } from "../../../adapters/state/folder.ts";
import { ledgerPath, outboxFolder } from "../../../adapters/state/layout.ts";
import { LateOpen } from "../../../adapters/state/late_open.ts";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import type { Moment } from "../../../adapters/state/machine_clock.ts";
import { Outbox, type Waiting } from "../../../adapters/state/outbox.ts";
import type { Status } from "../../../adapters/state/status.ts";
import type { SessionId } from "../../../core/agent.ts";
import { Archiver } from "../../../core/archiver.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { MemoryAgent, type MemorySession } from "../../../core/memory_agent.ts";
import { router, type Rule } from "../../../core/routing.ts";
import { type Held, marksIn, titleOf } from "../invariants.ts";
import type { Chance } from "../seed.ts";
import type { Tally } from "../tally.ts";
import { Life } from "./life.ts";
import { type ModelStore, Wire } from "./store.ts";
import type { VirtualTime } from "./time.ts";

/** What all machines share. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly tally: Tally;
  readonly stores: readonly ModelStore[];
}

/** The agent's store, and how intents name it, whose stores are files. */
const IN_MEMORY = "memory:";
const ON_DISK = "/memory";
/** Where sessions lie that go nowhere. */
export const PRIVATE = "/home/me/private";
/** When the world begins, in epoch milliseconds. */
const START = Date.UTC(2026, 5, 1);
/** Small, so that the ledger is rewritten often. */
const COMPACT_BYTES = 4_000;
/** What of a ledger writes its file. */
const WRITING: ReadonlySet<PropertyKey> = new Set(["record", "sending", "settle", "close"]);
/** A relay of the model does not stay for long. */
const LINGER_MS = 1_000;

/** One machine. */
export class Machine {
  /** Its name; letters only. */
  readonly name: string;
  /** Its agent. */
  readonly agent = new MemoryAgent();
  /** Every state that the agent's store held. */
  readonly held: Held[] = [];
  /** What was wrong with the program itself. */
  readonly bugs: unknown[] = [];
  /** The names of the backends that the configuration names now. */
  chosen: readonly string[];
  /** The configuration cannot be used. */
  isBroken = false;
  /** When its ledger was harmed last, in milliseconds since the beginning. */
  ledgerHarmedAt: number | undefined;
  readonly #around: Surroundings;
  readonly #folder: string;
  readonly #outbox: Outbox;
  /** The intents, and when they were written by this machine's clock. */
  readonly #intents = new Map<string, number>();
  readonly #last = new Map<string, Held>();
  #life: Life | undefined;
  #stop = new AbortController();
  #wake: () => void = () => undefined;
  #status: Status | undefined;
  #revision = 0;
  #marks = 0;
  #stamp = 1;
  /** How far the wall's clock has been set, in milliseconds. */
  #clockSet = 0;

  /**
   * @param name Its name; letters only.
   * @param folder Where its state lies.
   * @param around What all machines share.
   */
  constructor(name: string, folder: string, around: Surroundings) {
    this.name = name;
    this.#folder = folder;
    this.#outbox = new Outbox(outboxFolder(folder));
    this.#around = around;
    this.chosen = around.stores.map((store) => store.name);
  }

  /** The last state of each session that is still there. */
  get last(): readonly Held[] {
    return [...this.#last.values()];
  }

  /** Whether a relay is at work. */
  get isRelayed(): boolean {
    return this.#life !== undefined && !this.#life.isDead;
  }

  /** The names of all intents. */
  get intents(): readonly string[] {
    return [...this.#intents.keys()];
  }

  /** Changes a session, or adds one. */
  set(session: Omit<MemorySession, "title">): void {
    const revision = ++this.#revision;
    const whole = { ...session, title: titleOf(this.name, revision) };
    this.agent.set(whole);
    const marks = marksIn(JSON.stringify(whole));
    const messages = session.messages.length;
    const held = { machine: this.name, session: session.id, revision, marks, messages };
    this.held.push(held);
    if (session.projectPath !== PRIVATE) this.#last.set(session.id, held);
  }

  /** Removes a session, as agents do. */
  remove(id: string): void {
    this.agent.remove(id);
    this.#last.delete(id);
  }

  /** A mark that no text has yet. */
  mark(): string {
    return `${this.name}-${++this.#marks}`;
  }

  /** Writes an intent, as the plugin does, and starts a relay if there is none. */
  async intend(id: string, now = false): Promise<void> {
    const { tally } = this.#around;
    tally.hit("intent");
    const session = { agent: this.agent.name, store: ON_DISK, id };
    this.#intents.set(await this.#outbox.write(session, { now }), this.#date());
    this.#wake();
    await this.start();
  }

  /** The configuration's file was written. */
  reconfigured(): void {
    this.#stamp++;
    this.#wake();
  }

  /** Sets the wall's clock, by so many milliseconds from what is right. */
  setClock(by: number): void {
    this.#clockSet = by;
  }

  /** Has the relay killed after so many steps. */
  killAfter(steps: number): void {
    this.#life?.killAfter(steps);
  }

  /** Ends the relay as a signal does. */
  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Starts a relay unless there is one. */
  async start(): Promise<void> {
    if (this.isRelayed) return;
    await this.#life?.ended;
    await makePrivateFolder(this.#folder);
    await this.#lookAgain();
    const life = new Life(this.#around.tally);
    this.#life = life;
    this.#stop = new AbortController();
    this.#around.tally.hit("relay started");
    const relay = this.#relay(life, this.#stop.signal);
    const take = () => Promise.resolve(this.#stop.signal.aborted ? undefined : this.#tenure(life));
    void keepRelay(relay, { take, names: () => Promise.resolve(this.intents) })
      .catch((error) => this.bugs.push(error))
      .then(() => {
        if (this.#life === life) this.#life = undefined;
      });
  }

  /** The ledger is gone, or its end is. Only while no relay has it. */
  async harmLedger(): Promise<void> {
    if (this.isRelayed) return;
    await this.#life?.ended;
    const { chance, tally } = this.#around;
    this.ledgerHarmedAt = this.#around.time.now;
    const path = ledgerPath(this.#folder);
    const size = await readFile(path).then((bytes) => bytes.length, () => 0);
    if (chance.hits(0.5)) {
      tally.hit("ledger lost");
      await rm(path, { force: true });
    } else if (size > 0) {
      tally.hit("ledger cut off");
      await truncate(path, chance.below(size));
    }
  }

  #date(): number {
    return START + this.#around.time.now + this.#clockSet;
  }

  /** The machine itself is never restarted. */
  #moment(): Moment {
    return { date: this.#date(), run: { boot: this.name, ms: this.#around.time.now } };
  }

  /** What a killed relay had written into the outbox, or removed, is known only to the disk. */
  async #lookAgain(): Promise<void> {
    const there = await this.#outbox.names();
    for (const name of this.intents) if (!there.includes(name)) this.#intents.delete(name);
    for (const name of there) if (!this.#intents.has(name)) this.#intents.set(name, this.#date());
  }

  #relay(life: Life, signal: AbortSignal): Relay {
    const { time, chance } = this.#around;
    return new Relay({
      outbox: {
        names: () => Promise.resolve(this.intents),
        waiting: () => this.#waiting(life),
        write: (session) => this.#write(session, life),
        remove: (files) => this.#remove(files, life),
      },
      configPath: "/home/me/config.yaml",
      stamp: () => Promise.resolve(`${this.#stamp}`),
      accessStamp: () => Promise.resolve(""),
      now: () => time.now,
      date: () => this.#date(),
      random: () => chance.fraction(),
      pause: (ms, early) => this.#pause(ms, early),
      rest: (ms, early) => time.sleep(ms, early).catch(() => undefined),
      say: () => undefined,
      sayBug: (error) => this.bugs.push(error),
      tellStatus: async (status) => {
        await life.step("status");
        this.#status = status;
      },
      before: this.#status,
      stores: {
        since: () => Promise.resolve(0),
        all: () => Promise.resolve([]),
        add: () => Promise.resolve(),
      },
      othersDirectories: () => Promise.resolve([]),
      isNamed: false,
      lingerMs: LINGER_MS,
      signal,
    });
  }

  #pause(ms: number, early?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (early?.aborted) return resolve();
      const callOff = this.#around.time.after(ms, resolve);
      const wake = () => {
        callOff();
        resolve();
      };
      this.#wake = wake;
      early?.addEventListener("abort", wake, { once: true });
    });
  }

  async #waiting(life: Life): Promise<Waiting> {
    await life.step("outbox read");
    const { sessions, ...rest } = await this.#files(life, () => this.#outbox.waiting());
    // By this world's clock, and not in the order of names that chance has made.
    const dated = sessions.map(({ files, ...one }) => {
      const since = Math.min(...files.map((file) => this.#intents.get(file) ?? this.#date()));
      const session = { ...one.session, store: IN_MEMORY };
      return { ...one, session, files, since: Math.min(since, this.#date()) };
    });
    const byId = dated.sort((one, other) => one.session.id < other.session.id ? -1 : 1);
    return { ...rest, sessions: byId.sort((one, other) => one.since - other.since) };
  }

  async #write({ agent, id }: SessionId, life: Life): Promise<string> {
    await life.step("intent written");
    const session = { agent, store: ON_DISK, id };
    const name = await this.#files(life, () => this.#outbox.write(session));
    this.#intents.set(name, this.#date());
    return name;
  }

  async #remove(files: readonly string[], life: Life): Promise<void> {
    const half = files.slice(0, Math.ceil(files.length / 2));
    await life.step("intents removed", () => this.#outbox.remove(half));
    await this.#files(life, () => this.#outbox.remove(files));
    for (const file of files) this.#intents.delete(file);
  }

  #files<T>(life: Life, work: () => Promise<T>): Promise<T> {
    return this.#around.time.files(work, life.ended);
  }

  #tenure(life: Life): Tenure {
    const ledger = new LateOpen(() => this.#files(life, () => this.#openLedger(life)));
    return {
      open: async () => await this.#open(await ledger.get(), life),
      isAsked: () => Promise.resolve(false),
      isHeld: async () => {
        await life.step("idle");
        return true;
      },
      release: async () => {
        const opened = await ledger.ifOpen();
        if (opened !== undefined) await this.#files(life, () => opened.close());
      },
    };
  }

  async #openLedger(life: Life): Promise<FileLedger> {
    return await FileLedger.open(ledgerPath(this.#folder), {
      compactBytes: COMPACT_BYTES,
      now: () => this.#moment(),
      openFile: (path, flags, mode) => openedFile(path, flags, mode, life),
    });
  }

  async #open(ledger: FileLedger, life: Life): Promise<RelayArchive> {
    if (this.isBroken) throw new ArchiveError("Invalid", "the configuration is broken");
    const recording = this.#recording(ledger, life);
    const lanes = this.#around.stores.map((store) => this.#lane(new Wire(store, life), recording));
    const route = await router(this.#rules(() => true), this.chosen);
    return {
      settings: { ...ARCHIVE_DEFAULTS, minIntervalMs: 1 },
      agents: [this.agent],
      ledger: recording,
      lanes: lanes.filter(({ name }) => this.chosen.includes(name)),
      backendsFor: ({ projectPath }) => Promise.resolve(route([projectPath]).backends),
      warnings: [],
      close: () => Promise.resolve(),
    };
  }

  /** The ledger, whose files are real. What it says at once it says from memory. */
  #recording(ledger: FileLedger, life: Life): FileLedger {
    return new Proxy(ledger, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        const call = (...args: unknown[]) => Reflect.apply(member, target, args);
        if (!WRITING.has(name)) return call;
        return (...args: unknown[]) => this.#files(life, async () => await call(...args));
      },
    });
  }

  #lane(wire: Wire, ledger: FileLedger): OpenLane {
    const { name, identity } = wire;
    const { agent } = this;
    const archiver = new Archiver({
      agents: [agent],
      backends: [wire],
      rules: this.#rules((backend) => backend === name),
      default: this.chosen.filter((backend) => backend === name),
      ledger,
    });
    return {
      name,
      identity,
      access: {},
      begin: () => archiver.begin(),
      settle: (options) => archiver.settle(options),
      tidy: () => Promise.resolve(0),
    };
  }

  #rules(counts: (backend: string) => boolean): readonly Rule[] {
    return [
      { match: [PRIVATE], backends: [] },
      { match: ["/home/me/**"], backends: this.chosen.filter(counts) },
    ];
  }
}

/** A real file, whose writer may be killed at each step, in the midst of a write too. */
async function openedFile(
  path: string,
  flags: string,
  mode: number,
  life: Life,
): Promise<OpenedFile> {
  await life.step("ledger opened");
  const handle = await open(path, flags, mode);
  const close = onceClosed(handle);
  life.atEnd(close);
  return {
    async write(bytes, offset, length) {
      const half = Math.floor(length / 2);
      await life.step("ledger written", () => handle.write(bytes, offset, half));
      return await handle.write(bytes, offset, length);
    },
    async datasync() {
      await life.step("ledger synced");
      await handle.datasync();
    },
    async sync() {
      await life.step("ledger rewritten");
      await handle.sync();
    },
    truncate: (length) => handle.truncate(length),
    stat: () => handle.stat(),
    close,
  };
}

function onceClosed(handle: FileHandle): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => closed ??= handle.close();
}
