/**
 * Where processes are killed: a home whose agent and relay are real processes, a bucket behind a
 * proxy that remembers all it ever held, and a folder.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { lockPath } from "../../adapters/state/layout.ts";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import { LATE_WRITE_MS } from "../../core/archiving/late_writes.ts";
import { until } from "../until.ts";
import { lives, signal } from "../processes.ts";
import { atHome, type Home, objectsIn } from "./home.ts";
import {
  arrival,
  type Held,
  isVersion,
  type ObjectState,
  preservation,
  progress,
  wholeness,
} from "./invariants.ts";
import { sentEarlier } from "./older_writes.ts";
import type { Chance } from "./seed.ts";
import type { Tally } from "./tally.ts";
import { type BucketOptions, type WatchedBucket, withWatchedBucket } from "./watched_bucket.ts";

/** How long all may take to come right in the end, in milliseconds. */
const CALM_MS = 90_000;
/** How long after a put was answered counts as just after it, in milliseconds. */
const AFTER_MS = 100;

/** The ground. */
export class KillingGround {
  readonly home: Home;
  readonly bucket: WatchedBucket;
  /** Every state that the agent's store held, by revision. */
  readonly held = new Map<number, Held>();
  /** How long the agent waited for each intent, in milliseconds. */
  readonly intents: number[] = [];
  readonly #tally: Tally;
  readonly #chance: Chance;
  readonly #folder: ObjectState[] = [];
  readonly #inFolder = new Map<string, ObjectState>();
  #agent: { readonly child: ChildProcess; readonly isSilent: boolean } | undefined;
  #relay: number | undefined;

  constructor(
    home: Home,
    parts: { readonly bucket: WatchedBucket; readonly tally: Tally; readonly chance: Chance },
  ) {
    this.home = home;
    this.bucket = parts.bucket;
    this.#tally = parts.tally;
    this.#chance = parts.chance;
  }

  /** Whether a request that stores something is on its way. */
  get isStoring(): boolean {
    return [...this.bucket.proxy.underWay].some(({ method }) => method === "PUT");
  }

  /** Starts the agent unless it is there, and waits until it has said how its sessions are. */
  async agent(): Promise<void> {
    if (this.#agent !== undefined) return;
    const { store, state, sessions } = this.home;
    const child = this.home.child("agent.ts", store, state, `${this.#chance.below(2 ** 31)}`);
    const agent = { child, isSilent: false };
    this.#agent = agent;
    let told = 0;
    if (child.stdout === null) throw new Error("the agent has no output");
    const lines = createInterface({ input: child.stdout });
    lines.on("close", () => agent.isSilent = true);
    lines.on("line", (line) => {
      told++;
      this.#hear(line);
    });
    await until("the agent is at work", () => told > sessions.length);
  }

  /** Starts a relay unless there is one, and waits until it has the lock. */
  async relay(): Promise<void> {
    if (this.#relay !== undefined && lives(this.#relay)) return;
    const pid = await this.home.relay();
    this.#relay = pid;
    this.#tally.hit("relay started");
    const { state } = this.home;
    const isUp = async () => (await lockHolder(lockPath(state)))?.pid === pid;
    await until("the relay has the lock", isUp, undefined, this.home.log);
  }

  /** Kills the relay at once. */
  async killRelay(): Promise<void> {
    this.#tally.hit(`relay killed ${this.#whatItDid()}`);
    await this.#endRelay("SIGKILL");
  }

  /** Kills the agent at once. */
  async killAgent(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    this.#agent = undefined;
    this.#tally.hit("agent killed");
    agent.child.kill("SIGKILL");
    await until("the agent is gone, and all that it said was heard", () => agent.isSilent);
  }

  /** Stops the relay in its tracks; the return value lets it go on. */
  pauseRelay(): () => void {
    const pid = this.#itsPid();
    this.#tally.hit(this.isStoring ? "relay paused while it stored" : "relay paused");
    signal(pid, "SIGSTOP");
    return () => signal(pid, "SIGCONT");
  }

  /** Takes note of what is in the folder now. */
  async look(): Promise<void> {
    const { archives } = this.home;
    const objects = await objectsIn(archives);
    // A version is there before the write that it is for; what was kept meanwhile is none too many.
    const versions = (await objectsIn(archives)).filter(({ key }) => isVersion(key));
    for (const object of versions) this.#note(object);
    for (const object of objects) if (!isVersion(object.key)) this.#note(object);
  }

  /** Lets all come right, and gives what did not hold. */
  async end(): Promise<string[]> {
    await this.killAgent();
    // Another one says what the last had no time to say, and is gone before it matters.
    await this.agent();
    await this.killAgent();
    await this.relay();
    const { log, outbox } = this.home;
    const isEmpty = async () => (await outbox.names()).length === 0;
    await until("the outbox is empty", isEmpty, CALM_MS, log);
    // What comes late without a condition can only be noticed when nothing more can come.
    if (!this.bucket.isConditional) await this.#letTimePass();
    const hasAll = async () => {
      await this.look();
      return this.#arrivals().length === 0;
    };
    // What did not arrive is told below, with all the rest.
    await until("all has arrived", hasAll, CALM_MS).catch(() => undefined);
    await this.#endRelay("SIGTERM");
    const said = await log();
    for (const _ of said.matchAll(/a write arrived late/g)) {
      this.#tally.hit("bucket: late write noticed");
    }
    const [fault] = /a fault of[^\n]*/.exec(said) ?? [];
    return [...(fault ? [`I5: ${fault}`] : []), ...this.#violations()];
  }

  /** All that comes late is there, and a relay begins for which it was sent long ago. */
  async #letTimePass(): Promise<void> {
    this.bucket.isCalm = true;
    await this.#endRelay("SIGTERM");
    await this.bucket.proxy.settled();
    await sentEarlier(this.home.state, LATE_WRITE_MS);
    await this.relay();
  }

  #violations(): string[] {
    const held = [...this.held.values()];
    const histories = this.#histories().flatMap((history) => [
      ...wholeness(history, held),
      ...progress(history),
      ...preservation(history),
    ]);
    return [...histories, ...this.#arrivals()];
  }

  /** There must be one: to signal process 0 is to signal this very one, and all beside it. */
  #itsPid(): number {
    if (this.#relay === undefined) throw new Error("no relay was started");
    return this.#relay;
  }

  async #endRelay(by: NodeJS.Signals): Promise<void> {
    const pid = this.#itsPid();
    signal(pid, by);
    await until("the relay is gone", () => !lives(pid), CALM_MS, this.home.log);
    this.#relay = undefined;
  }

  #histories() {
    const { states } = this.bucket;
    return [{ name: "bucket", states }, { name: "folder", states: this.#folder }];
  }

  /** What stands as it stood is no other state. */
  #note(object: ObjectState): void {
    const before = this.#inFolder.get(object.key)?.bytes;
    const { bytes } = object;
    if (before !== undefined && bytes !== undefined && Buffer.compare(before, bytes) === 0) return;
    this.#inFolder.set(object.key, object);
    this.#folder.push(object);
  }

  #arrivals(): string[] {
    const last = new Map([...this.held.values()].map((one) => [one.session, one]));
    for (const one of this.held.values()) {
      if (one.revision > (last.get(one.session)?.revision ?? 0)) last.set(one.session, one);
    }
    return this.#histories().flatMap((history) => arrival(history, [...last.values()]));
  }

  #hear(line: string): void {
    const [what, rest = ""] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
    if (what === "intent") return void this.intents.push(Number(rest));
    const { marks, ...state } = JSON.parse(rest);
    this.held.set(state.revision, { ...state, machine: "agent", marks: new Set(marks) });
  }

  #whatItDid(): string {
    const methods = [...this.bucket.proxy.underWay].map(({ method }) => method);
    if (methods.includes("PUT")) return "while it stored";
    if (methods.length > 0) return "while it looked";
    const isFresh = performance.now() - this.bucket.storedAt < AFTER_MS;
    return isFresh ? "just after it stored" : "while nothing was on its way";
  }
}

/** What a ground is made of. */
export interface GroundParts extends BucketOptions {
  readonly chance: Chance;
  /** How many sessions there are; 5 by default. */
  readonly sessions?: number;
}

/**
 * Prepares the ground, plays on it, and clears it.
 *
 * @param play Uses it.
 * @param parts What it is made of.
 */
export async function onKillingGround(
  play: (ground: KillingGround) => Promise<void>,
  parts: GroundParts,
): Promise<void> {
  const { sessions = 5 } = parts;
  await withWatchedBucket(
    (bucket) =>
      atHome(async (home) => {
        await home.configure({
          backends: { bucket: bucket.config, folder: { type: "file", path: home.archives } },
          default: ["bucket", "folder"],
          archive: { minInterval: "1ms" },
        });
        const ground = new KillingGround(home, { ...parts, bucket });
        // It gives every session the mark that it is known by, before a relay can find one without.
        await ground.agent();
        await play(ground);
      }, [{ count: sessions, turns: 1 }]),
    parts,
  );
}
