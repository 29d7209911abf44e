/**
 * A world for the relay: an outbox, backends, rules and a clock in memory. Time passes only while
 * the relay waits and nothing is left to do at once.
 *
 * @module
 */
import type { SessionId } from "../../../core/agent.ts";
import { Archiver } from "../../../core/archiver.ts";
import type { Backend, Body, PutOptions } from "../../../core/backend.ts";
import { ArchiveError } from "../../../core/errors.ts";
import { MemoryLedger } from "../../../core/ledger/ledger.ts";
import { MemoryAgent } from "../../../core/memory_agent.ts";
import { router, type Rule } from "../../../core/routing.ts";
import { MemoryBackend } from "../../../backends/memory.ts";
import type { ArchiveConfig } from "../../../adapters/config/config.ts";
import { ARCHIVE_DEFAULTS } from "../../../adapters/config/defaults.ts";
import type { KnownStores } from "../../../adapters/state/known_stores.ts";
import { Relay, type RelayOutside } from "../../../adapters/relay/relay.ts";
import type { OpenLane, RelayArchive } from "../../../adapters/relay/relay_archive.ts";
import type { Tenure } from "../../../adapters/relay/tenure.ts";
import type { WaitingSession } from "../../../adapters/state/outbox.ts";
import type { Status } from "../../../adapters/state/status.ts";

/** When the world begins. */
export const START = Date.UTC(2026, 5, 1);

/** The store of all sessions. */
export const STORE = "memory:";

/**
 * What a backend does with what it is given. `forbids` refuses whatever it is asked, `denies` only to
 * store.
 */
export type Mood = "works" | "refuses" | "forbids" | "denies" | "throttles" | "hangs";

const CODES = {
  works: "Transient",
  refuses: "Transient",
  forbids: "Unauthorized",
  denies: "Unauthorized",
  throttles: "Throttled",
  hangs: "Timeout",
} as const;

/** A backend that can be dead, and tells what was stored when. */
export class MoodyBackend extends MemoryBackend {
  /** The same in another world, where another process is at work. */
  override readonly identity: string;
  mood: Mood = "works";
  /** The keys of what it finds fault with have this in them. */
  dislikes: string | undefined;
  /** The keys of what it refuses have this in them. */
  protects: string | undefined;
  /** How long it asks for a pause when it throttles, in milliseconds. */
  retryAfterMs: number | undefined;
  /** Its errors do not say whose they are. */
  isAnonymous = false;
  /** Every attempt to store, in milliseconds since the start. */
  readonly tries: number[] = [];
  /** Every object that was stored, in milliseconds since the start. */
  readonly puts: { readonly at: number; readonly key: string; readonly size: number }[] = [];
  /** How long a store takes that works, in milliseconds. */
  takesMs = 0;
  readonly #world: World;

  constructor(name: string, world: World) {
    super({ name });
    this.identity = `memory:${name}`;
    this.#world = world;
  }

  override async put(key: string, body: Body, options: PutOptions = {}) {
    const world = this.#world;
    this.tries.push(world.elapsed);
    if (this.mood === "hangs") await world.sleep(60_000, options.signal);
    if (this.takesMs > 0) await world.sleep(this.takesMs, options.signal);
    if (this.mood !== "works") throw this.#dead();
    if (this.dislikes !== undefined && key.includes(this.dislikes)) {
      throw new ArchiveError("Invalid", `${key} is too large`, { backend: this.name, key });
    }
    if (this.protects !== undefined && key.includes(this.protects)) {
      throw new ArchiveError("Unauthorized", `${key} is protected`, { backend: this.name, key });
    }
    const result = await super.put(key, body, options);
    const size = body instanceof Uint8Array ? body.byteLength : body.size;
    this.puts.push({ at: world.elapsed, key, size });
    return result;
  }

  override async *list(...asked: Parameters<MemoryBackend["list"]>) {
    if (this.mood === "refuses" || this.mood === "forbids") throw this.#dead();
    yield* super.list(...asked);
  }

  override async head(...asked: Parameters<MemoryBackend["head"]>) {
    if (this.mood === "refuses" || this.mood === "forbids") throw this.#dead();
    return await super.head(...asked);
  }

  #dead(): ArchiveError {
    const backend = this.isAnonymous ? undefined : this.name;
    const retryAfterMs = this.mood === "throttles" ? this.retryAfterMs : undefined;
    return new ArchiveError(CODES[this.mood], `${this.name} is dead`, { backend, retryAfterMs });
  }
}

interface Intent {
  readonly session: SessionId;
  readonly now: boolean;
  readonly since: number;
}

/** Everything outside of the relay. */
export class World {
  readonly agent = new MemoryAgent();
  readonly ledger = new MemoryLedger({ now: () => this.#date });
  readonly backends: readonly MoodyBackend[];
  readonly log: string[] = [];
  readonly bugs: unknown[] = [];
  readonly statuses: Status[] = [];
  readonly stop = new AbortController();
  readonly relay: Relay;
  rules: readonly Rule[] = [];
  config: ArchiveConfig = ARCHIVE_DEFAULTS;
  /** What is wrong with the configuration. */
  problem: Error | undefined;
  stamp = "1";
  /** Why its backends cannot be opened. */
  unusable: ArchiveError | undefined;
  /** The files that credentials come from, by path, with their stamps. */
  files: Readonly<Record<string, string>> = {};
  /** How often one of them was looked at. */
  looks = 0;
  /** Why nothing shall be stored now in a backend. */
  hindranceOf: (backend: string) => string | undefined | Promise<never> = () => undefined;
  asked = false;
  held = true;
  /** How often the configuration was opened, and how many of those are still open. */
  opened = 0;
  open = 0;
  /** How often the relay waited for something to happen. */
  pauses = 0;
  /** The least step of the clock; makes a day short. */
  step = 0;
  /** No intent can be written. */
  isFull = false;
  /** The files of intents that cannot be read for now. */
  unread: readonly string[] = [];
  /** Called before intents are removed. */
  beforeRemove: () => void = () => undefined;
  /** Called before the outbox is read. */
  beforeLook: () => void | Promise<void> = () => undefined;
  /** When the installation began, epoch milliseconds. */
  installedAt = START;
  /** Where OpenCode goes by other configurations. */
  othersDirectories: readonly string[] = [];
  readonly stores: KnownStores = {
    since: () => Promise.resolve(this.installedAt),
    all: () => Promise.resolve([]),
    add: () => Promise.resolve(),
  };
  readonly #intents = new Map<string, Intent>();
  /** How far the wall's clock has been set, in milliseconds. */
  clockSet = 0;
  #time = 0;
  #hasStirred = false;
  #events: { readonly at: number; readonly happen: () => void; readonly quiet: boolean }[] = [];
  #names = 0;

  constructor(
    names: readonly string[] = ["disk"],
    before?: Status,
    lingerMs = 30_000,
    isNamed = false,
    watch?: RelayOutside["watch"],
  ) {
    this.backends = names.map((name) => new MoodyBackend(name, this));
    this.relay = new Relay({
      outbox: {
        waiting: async () => {
          await this.beforeLook();
          return { sessions: this.#waiting(), damaged: [], unread: this.unread };
        },
        names: () => Promise.resolve(this.intents),
        write: (session) => {
          if (this.isFull) return Promise.reject(new ArchiveError("Transient", "the disk is full"));
          return Promise.resolve(this.intent(session.id));
        },
        remove: (files) => {
          this.beforeRemove();
          for (const file of files) this.#intents.delete(file);
          return Promise.resolve();
        },
      },
      configPath: "/home/me/config.yaml",
      stamp: () => Promise.resolve(this.stamp),
      accessStamp: (path) => {
        this.looks++;
        return Promise.resolve(this.files[path] ?? "missing");
      },
      now: () => this.#time,
      date: () => this.#date,
      random: () => 0.5,
      pause: (ms, signal) => this.#pause(ms, signal),
      rest: (ms, signal) => this.#rest(ms, signal),
      say: (line) => this.log.push(line),
      sayBug: (error) => this.bugs.push(error),
      tellStatus: (status) => {
        this.statuses.push(status);
        return Promise.resolve();
      },
      before,
      stores: this.stores,
      othersDirectories: () => Promise.resolve(this.othersDirectories),
      isNamed,
      lingerMs,
      watch,
      signal: this.stop.signal,
    });
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#time;
  }

  get #date(): number {
    return START + this.#time + this.clockSet;
  }

  /** The files of all intents. */
  get intents(): readonly string[] {
    return [...this.#intents.keys()];
  }

  /** The last status. */
  get status(): Status {
    const status = this.statuses.at(-1);
    if (status === undefined) throw new Error("no status was told");
    return status;
  }

  /** Adds a session, or changes it. */
  session(
    id: string,
    { text = "hello", project = "/home/me/project", createdAt = "2026-01-31T12:00:00.000Z" } = {},
  ): void {
    this.agent.set({
      id,
      projectPath: project,
      createdAt,
      messages: [{ id: "m1", role: "user", text }],
    });
  }

  /** Writes an intent. */
  intent(id: string, now = false): string {
    const name = `${id}~${this.#names++}`;
    const session = { agent: "memory", store: STORE, id };
    this.#intents.set(name, { session, now, since: this.#date });
    return name;
  }

  /** Adds or changes a session, and writes an intent. */
  idle(id: string, text = "hello", now = false): void {
    this.session(id, { text });
    this.intent(id, now);
  }

  /** Takes an intent away. */
  forget(name: string): void {
    this.#intents.delete(name);
  }

  /** Makes something happen, milliseconds after the start. What is `quiet` wakes nobody. */
  at(ms: number, happen: () => void, { quiet = false } = {}): void {
    this.#events.push({ at: ms, happen, quiet });
    this.#events.sort((one, other) => one.at - other.at);
  }

  /** Waits in this world's time. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.at(this.elapsed + ms, resolve);
      signal?.addEventListener("abort", () => {
        reject(new ArchiveError("Aborted", "stopped"));
      });
    });
  }

  /** What the relay may do while it has the lock. */
  hold(): Tenure {
    return {
      open: () => this.#open(),
      isAsked: () => Promise.resolve(this.asked),
      isHeld: () => Promise.resolve(this.held),
      release: () => Promise.resolve(),
    };
  }

  /** Lets the relay work until it ends by itself. */
  work() {
    return this.relay.work(this.hold());
  }

  #waiting(): WaitingSession[] {
    const sessions = new Map<string, WaitingSession>();
    for (const [file, { session, now, since }] of this.#intents) {
      if (this.unread.includes(file)) continue;
      const others = sessions.get(session.id);
      sessions.set(session.id, {
        session,
        now: now || others?.now === true,
        since: Math.min(since, others?.since ?? since),
        files: [...others?.files ?? [], file],
      });
    }
    return [...sessions.values()];
  }

  async #open(): Promise<RelayArchive> {
    this.opened++;
    if (this.problem) throw this.problem;
    const { backends, ledger, rules, config } = this;
    const agents = [this.agent];
    const names = backends.map(({ name }) => name);
    const route = await router(rules, names);
    this.open++;
    return {
      settings: config,
      agents,
      ledger,
      lanes: backends.map((backend) => this.#lane(backend)),
      backendsFor: ({ projectPath }) => Promise.resolve(route([projectPath]).backends),
      warnings: [],
      close: () => {
        this.open--;
        return Promise.resolve();
      },
    };
  }

  #lane(backend: Backend): OpenLane {
    const { name, identity } = backend;
    const { agent, ledger } = this;
    const rules = this.rules.map(({ match, backends }) => ({
      match,
      backends: backends.filter((other) => other === name),
    }));
    const archiver = new Archiver({ agents: [agent], backends: [backend], rules, ledger });
    return {
      name,
      identity,
      access: this.files,
      ...(this.unusable && { unusable: this.unusable }),
      begin: () => archiver.begin(),
      settle: (options) => archiver.settle(options),
      tidy: async (options) => await backend.tidy?.(options) ?? 0,
      hindrance: async () => await this.hindranceOf(name),
    };
  }

  /** Waits until something happens, or has since it last waited so. */
  async #pause(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.#hasStirred) await this.#pass(ms, signal);
    this.#hasStirred = false;
  }

  /** Waits whatever happens. */
  async #rest(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.#time + ms;
    while (this.#time < until && !signal?.aborted) await this.#pass(until - this.#time, signal);
  }

  /** Lets everything be done that can be done now; then time goes on until something happens. */
  async #pass(ms: number, signal?: AbortSignal): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      if (signal?.aborted) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.pauses++;
    const until = this.#time + Math.max(ms, this.step);
    for (let event = this.#events[0]; event?.at <= until; event = this.#events[0]) {
      this.#events.shift();
      this.#time = Math.max(this.#time, event.at);
      event.happen();
      this.#hasStirred ||= !event.quiet;
      if (!event.quiet || signal?.aborted) return;
    }
    this.#time = until;
  }
}
