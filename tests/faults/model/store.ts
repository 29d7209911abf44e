/**
 * A store in memory that fails as real ones do, and remembers every state of every object.
 *
 * @module
 */
import { MemoryBackend } from "../../../backends/memory.ts";
import type {
  Backend,
  Body,
  Capabilities,
  ListOptions,
  ObjectInfo,
  PutOptions,
} from "../../../core/backend.ts";
import { ArchiveError, type ErrorCode, isArchiveError } from "../../../core/errors.ts";
import { chunksOf, streamOf } from "../../../core/streams.ts";
import type { ObjectState } from "../invariants.ts";
import type { Chance } from "../seed.ts";
import type { Tally } from "../tally.ts";
import type { Life } from "./life.ts";
import type { VirtualTime } from "./time.ts";

/** What a request meets. */
export type Fate =
  | "well"
  | "refused"
  | "throttled"
  | "forbidden"
  | "missing"
  | "hangs"
  | "reply lost"
  | "late"
  | "damaged";

/** How often a request meets what. */
export type Weather = Readonly<Record<Fate, number>>;

const CALM = {
  well: 1,
  refused: 0,
  throttled: 0,
  forbidden: 0,
  missing: 0,
  hangs: 0,
  "reply lost": 0,
  late: 0,
  damaged: 0,
} satisfies Weather;

/** The weathers that there are. */
export const WEATHERS = {
  calm: CALM,
  shaky: { ...CALM, well: 12, refused: 1, throttled: 1, "reply lost": 1, damaged: 1 },
  storm: { ...CALM, refused: 1, throttled: 1, hangs: 1, "reply lost": 1, late: 1, damaged: 1 },
  down: { ...CALM, well: 0, refused: 1 },
  silent: { ...CALM, well: 0, hangs: 1 },
  forbidding: { ...CALM, well: 0, forbidden: 1 },
  gone: { ...CALM, well: 0, missing: 1 },
  sluggish: { ...CALM, well: 3, late: 2 },
} satisfies Readonly<Record<string, Weather>>;

/** How long a request hangs before its sender gives it up, in milliseconds. */
const HANG_MS = 60_000;
/** The longest that a store takes to apply a request that was given up, in milliseconds. */
export const LATEST_MS = 8 * 60_000;
/** A look at an object that is older than this says nothing of it, in milliseconds. */
const LOOK_MS = 2 * HANG_MS;

const ERRORS: Readonly<Partial<Record<Fate, ErrorCode>>> = {
  refused: "Transient",
  throttled: "Throttled",
  forbidden: "Unauthorized",
  "reply lost": "Transient",
  late: "Timeout",
  hangs: "Timeout",
};

/** What a process knew of an object when it looked. */
interface Look {
  readonly etag: string | undefined;
  readonly at: number;
}

/** A write on its way. */
interface Write {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly options: PutOptions;
  /** The sender's last look at the object. */
  readonly look: Look | undefined;
  /** When it was sent, in milliseconds since the beginning. */
  readonly sentAt: number;
}

/** The store itself. */
export class ModelStore {
  /** What the configuration calls it. */
  readonly name: string;
  /** Every state of every object, in order. */
  readonly states: ObjectState[] = [];
  /** Whether writes can be made to depend on what is there. */
  readonly isConditional: boolean;
  /** What requests meet now. */
  weather: Weather = CALM;
  readonly objects: MemoryBackend;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #tally: Tally;
  readonly #etags = new Map<string, string>();

  /**
   * @param name What the configuration calls it.
   * @param isConditional Whether it can write conditionally.
   * @param parts Time, chance, and who counts.
   */
  constructor(
    name: string,
    isConditional: boolean,
    parts: { readonly time: VirtualTime; readonly chance: Chance; readonly tally: Tally },
  ) {
    this.name = name;
    this.isConditional = isConditional;
    this.objects = new MemoryBackend({ name });
    this.#time = parts.time;
    this.#chance = parts.chance;
    this.#tally = parts.tally;
  }

  /** Says what a request meets, and counts it. */
  fate(): Fate {
    const fate = this.#chance.weighed(this.weather);
    if (fate !== "well") this.#tally.hit(`store: ${fate}`);
    return fate;
  }

  /** Applies a write, and remembers it. */
  async apply(
    { key, bytes, options, look, sentAt }: Write,
    isLate = false,
  ): Promise<{ etag: string }> {
    const result = await this.objects.put(key, bytes, { ...options, signal: undefined });
    const before = this.#etags.get(key);
    this.#etags.set(key, result.etag);
    const isRace = look !== undefined && this.now - look.at <= LOOK_MS && look.etag !== before;
    const excuse = isLate ? "late" : isRace ? "race" : undefined;
    const sha256 = options.metadata?.sha256;
    // A condition that held is no accident, and where nothing stood nothing was lost.
    const why = this.isConditional || before === undefined ? undefined : excuse;
    if (why !== undefined) this.#tally.hit(`store: overwritten by a ${why} write`);
    this.states.push({
      key,
      bytes,
      sentAt,
      ...(sha256 && { sha256 }),
      ...(why && { excuse: why }),
    });
    return result;
  }

  /** Applies a write when its sender has given it up. */
  applyLate(write: Write): void {
    this.#time.after(this.#chance.below(LATEST_MS), () => {
      this.apply(write, true).catch((error: unknown) => {
        if (!isArchiveError(error)) throw error;
        this.#tally.hit("store: a late write met its condition");
      });
    });
  }

  /** Waits as long as a sender waits for a reply. */
  async hang(signal?: AbortSignal): Promise<void> {
    await this.#time.sleep(HANG_MS, signal);
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#time.now;
  }

  /** One byte of some is another. */
  damage(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    if (copy.length > 0) copy[this.#chance.below(copy.length)] ^= 1 + this.#chance.below(255);
    return copy;
  }
}

/** The store as one process sees it. */
export class Wire implements Backend {
  readonly name: string;
  readonly identity: string;
  readonly capabilities: Capabilities;
  readonly #store: ModelStore;
  readonly #life: Life;
  readonly #looks = new Map<string, Look>();

  /**
   * @param store The store.
   * @param life The process.
   */
  constructor(store: ModelStore, life: Life) {
    this.name = store.name;
    this.identity = `model:${store.name}`;
    const { isConditional } = store;
    const { maxKeyBytes } = store.objects.capabilities;
    this.capabilities = {
      createOnly: isConditional,
      ifMatch: isConditional,
      metadata: true,
      maxKeyBytes,
    };
    this.#store = store;
    this.#life = life;
  }

  async put(key: string, body: Body, options: PutOptions = {}): Promise<{ etag?: string }> {
    const store = this.#store;
    const bytes = body instanceof Uint8Array ? body.slice() : await body.read(0, body.size);
    await this.#life.step("before a put is sent");
    const write = { key, bytes, options, look: this.#looks.get(key), sentAt: store.now };
    const fate = store.fate();
    if (fate === "well" || fate === "damaged") {
      // The store has it already, and may take its time.
      await this.#life.step("while a put is applied", () => {
        return Promise.resolve(store.applyLate(write));
      });
      return await this.#answer(store.apply(write));
    }
    if (fate === "reply lost") await store.apply(write);
    if (fate === "late") store.applyLate(write);
    throw await this.#failure(fate, key, options.signal);
  }

  async get(key: string, options: { signal?: AbortSignal } = {}) {
    const fate = await this.#ask("get", key, options.signal);
    const { info, body } = await this.#looked(key, this.#store.objects.get(key, options));
    if (fate !== "damaged") return { info, body };
    return { info, body: streamOf(damaged(chunksOf(body), this.#store)) };
  }

  async head(key: string, options: { signal?: AbortSignal } = {}): Promise<ObjectInfo> {
    await this.#ask("head", key, options.signal);
    const { info } = await this.#looked(
      key,
      this.#store.objects.head(key, options).then((info) => ({ info })),
    );
    return info;
  }

  async *list(options: ListOptions = {}) {
    await this.#ask("list", "", options.signal);
    yield* this.#store.objects.list(options);
  }

  async delete(key: string): Promise<void> {
    await this.#ask("delete", key);
    await this.#store.objects.delete(key);
    this.#store.states.push({ key, bytes: undefined });
  }

  /** The reply may come to nobody. */
  async #answer<T>(reply: Promise<T>): Promise<T> {
    try {
      return await reply;
    } finally {
      await this.#life.step("before a put's reply is read");
    }
  }

  async #ask(what: string, key: string, signal?: AbortSignal): Promise<Fate> {
    await this.#life.step(what);
    const fate = this.#store.fate();
    if (ERRORS[fate] !== undefined) throw await this.#failure(fate, key, signal);
    return fate;
  }

  async #failure(fate: Fate, key: string, signal?: AbortSignal): Promise<ArchiveError> {
    if (fate === "hangs" || fate === "late") await this.#store.hang(signal);
    const code = fate === "missing" ? "NotFound" : ERRORS[fate] ?? "Transient";
    await this.#life.step("before a failure is read");
    return new ArchiveError(code, `${this.name} was ${fate}`, { backend: this.name, key });
  }

  /** Remembers what the sender knows of an object. */
  async #looked<T extends { readonly info: ObjectInfo }>(
    key: string,
    looking: Promise<T>,
  ): Promise<T> {
    const at = this.#store.now;
    try {
      const found = await looking;
      this.#looks.set(key, { etag: found.info.etag, at });
      return found;
    } catch (error) {
      if (isArchiveError(error, "NotFound")) this.#looks.set(key, { etag: undefined, at });
      throw error;
    }
  }
}

async function* damaged(
  chunks: AsyncIterable<Uint8Array>,
  store: ModelStore,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield store.damage(chunk);
}
