/**
 * Where processes are killed: a home whose agent and relay are real processes, a bucket behind a
 * proxy that remembers all it ever held, and a folder.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { lockPath } from "../../adapters/state/layout.ts";
import { lockHolder } from "../../adapters/state/lock.ts";
import { withFake } from "../s3/with_fake.ts";
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
import { type Mischief, type Passing, type Proxy, startProxy } from "./proxy.ts";
import type { Chance } from "./seed.ts";
import type { Tally } from "./tally.ts";

/** How long all may take to come right in the end, in milliseconds. */
const CALM_MS = 90_000;
const BUCKET = "archives";
/** What the embedded store can do, which nobody knows of an address on loopback. */
const CONDITIONS = { createOnly: true, ifMatch: true };

/** How long after a put was answered counts as just after it, in milliseconds. */
const AFTER_MS = 100;

/** When the bucket last stored something, by `performance.now()`. */
interface Answers {
  storedAt: number;
}

/** What each request to the bucket meets. */
export type Meeting = (passing: Passing) => Mischief | undefined;

/** The ground. */
export class KillingGround {
  readonly home: Home;
  readonly proxy: Proxy;
  /** Every state that the agent's store held, by revision. */
  readonly held = new Map<number, Held>();
  /** Every state of every object of the bucket. */
  readonly states: ObjectState[];
  /** How long the agent waited for each intent, in milliseconds. */
  readonly intents: number[] = [];
  readonly #answers: Answers;
  readonly #tally: Tally;
  readonly #chance: Chance;
  readonly #folder: ObjectState[] = [];
  #agent: { readonly child: ChildProcess; readonly isSilent: boolean } | undefined;
  #relay: number | undefined;

  constructor(
    home: Home,
    parts: {
      readonly proxy: Proxy;
      readonly states: ObjectState[];
      readonly answers: Answers;
      readonly tally: Tally;
      readonly chance: Chance;
    },
  ) {
    this.home = home;
    this.proxy = parts.proxy;
    this.states = parts.states;
    this.#answers = parts.answers;
    this.#tally = parts.tally;
    this.#chance = parts.chance;
  }

  /** Whether a request that stores something is on its way. */
  get isStoring(): boolean {
    return [...this.proxy.underWay].some(({ method }) => method === "PUT");
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
    this.#folder.push(...versions, ...objects.filter(({ key }) => !isVersion(key)));
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
    const hasAll = async () => {
      await this.look();
      return this.#arrivals().length === 0;
    };
    // What did not arrive is told below, with all the rest.
    await until("all has arrived", hasAll, CALM_MS).catch(() => undefined);
    await this.#endRelay("SIGTERM");
    const held = [...this.held.values()];
    const isFault = /a fault of[^\n]*/.exec(await log());
    return [
      ...(isFault ? [`I5: ${isFault[0]}`] : []),
      ...this.#histories().flatMap((history) => [
        ...wholeness(history, held),
        ...progress(history),
        ...preservation(history),
      ]),
      ...this.#arrivals(),
    ];
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
    return [{ name: "bucket", states: this.states }, { name: "folder", states: this.#folder }];
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
    const { session, revision, marks } = JSON.parse(rest);
    this.held.set(revision, { machine: "agent", session, revision, marks: new Set(marks) });
  }

  #whatItDid(): string {
    const methods = [...this.proxy.underWay].map(({ method }) => method);
    if (methods.includes("PUT")) return "while it stored";
    if (methods.length > 0) return "while it looked";
    const isFresh = performance.now() - this.#answers.storedAt < AFTER_MS;
    return isFresh ? "just after it stored" : "while nothing was on its way";
  }
}

/**
 * Prepares the ground, plays on it, and clears it.
 *
 * @param play Uses it.
 * @param parts Chance, tally, what requests meet, and how many sessions there are.
 */
export async function onKillingGround(
  play: (ground: KillingGround) => Promise<void>,
  { chance, tally, meet, sessions = 5 }: {
    readonly chance: Chance;
    readonly tally: Tally;
    readonly meet: Meeting;
    readonly sessions?: number;
  },
): Promise<void> {
  await withFake(async (fake) => {
    const states: ObjectState[] = [];
    const seen = new Map<string, string>();
    const answers: Answers = { storedAt: -Infinity };
    const answered = ({ method }: Passing) => {
      if (method !== "PUT") return;
      answers.storedAt = performance.now();
      for (const [key, { bytes, etag, metadata: { sha256 } }] of fake.objects(BUCKET)) {
        if (seen.get(key) !== etag) states.push({ key, bytes, ...(sha256 && { sha256 }) });
        seen.set(key, etag);
      }
    };
    const proxy = await startProxy({ target: fake.endpoint, meet, answered });
    try {
      await atHome(async (home) => {
        const { credentials } = fake;
        const bucket = { type: "s3", region: "us-east-1", forcePathStyle: true, credentials };
        await home.configure({
          backends: {
            bucket: { ...bucket, bucket: BUCKET, endpoint: proxy.endpoint, quirks: CONDITIONS },
            folder: { type: "file", path: home.archives },
          },
          default: ["bucket", "folder"],
          archive: { minInterval: "1ms" },
        });
        await play(new KillingGround(home, { proxy, states, answers, tally, chance }));
      }, [{ count: sessions, turns: 1 }]);
    } finally {
      await proxy.stop();
    }
  }, { buckets: [BUCKET] });
}
