/**
 * A store without conditional writes whose writes can have any end: done, refused, given up on and
 * done late, or never.
 *
 * @module
 */
import {
  ArchiveError,
  Archiver,
  type Body,
  type CopyOutcome,
  type ErrorCode,
  LATE_WRITE_MS,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type PutOptions,
  type SettledPlace,
} from "@session-archiver/archiver";

/** The only session's key. */
export const KEY = "home_me_project/2026-01-31/one.json";

/**
 * How a write ends.
 *
 * - `done`, `lost`: it has its effect, and the reply comes or not.
 * - `late`, `never`: its caller gives up on it, and the store does it later or not at all.
 * - `resent`: an attempt was given up on and may be done late; the next one was done at once.
 * - a code: the store refuses it.
 */
export type Ending = "done" | "lost" | "late" | "never" | "resent" | ErrorCode;

/** The store. */
export class LateStore extends MemoryBackend {
  override readonly capabilities = {
    createOnly: false,
    ifMatch: false,
    metadata: true,
    maxKeyBytes: 1024,
  };
  /** How the next writes of the session end; then they are done. */
  endings: Ending[] = [];
  /** Whether it answers. */
  answers = true;
  /** How often it was asked what is there. */
  heads = 0;
  /** Writes that the store may still do. */
  readonly #late: (() => Promise<unknown>)[] = [];

  override async put(key: string, body: Body, options: PutOptions = {}) {
    this.#checkAnswers();
    const ending = key === KEY ? this.endings.shift() ?? "done" : "done";
    const store = () => super.put(key, body, { ...options, signal: undefined });
    if (ending === "late" || ending === "resent") this.#late.push(store);
    if (ending === "lost") await store();
    if (ending === "resent") options.onResend?.();
    if (ending === "done" || ending === "resent") return await store();
    const isRefused = ending !== "late" && ending !== "lost" && ending !== "never";
    throw new ArchiveError(isRefused ? ending : "Timeout", `it was ${ending}`, {
      backend: this.name,
    });
  }

  override async head(...asked: Parameters<MemoryBackend["head"]>) {
    this.heads++;
    this.#checkAnswers();
    return await super.head(...asked);
  }

  /** Does the writes that were given up on, in any order but that in which they were sent. */
  async arrive(): Promise<void> {
    for (const store of this.#late.splice(0).reverse()) await store();
  }

  #checkAnswers(): void {
    if (this.answers) return;
    throw new ArchiveError("Timeout", `${this.name} does not answer`, { backend: this.name });
  }
}

/** A machine with one session, its ledger, and a clock that stands still. */
export class Machine {
  readonly agent = new MemoryAgent();
  readonly ledger: MemoryLedger;
  readonly store: MemoryBackend;
  /** Epoch milliseconds. */
  time: number = Date.UTC(2026, 5, 1);

  constructor(store: MemoryBackend) {
    this.store = store;
    this.ledger = new MemoryLedger({ now: () => this.time });
  }

  /** When the session last changed, ISO 8601 in UTC; undefined while that does not matter. */
  changedAt: string | undefined;

  /** Lets the session hold these messages. */
  says(...texts: readonly string[]): void {
    this.agent.set({
      id: "one",
      projectPath: "/home/me/project",
      createdAt: "2026-01-31T12:00:00.000Z",
      updatedAt: this.changedAt,
      title: "One",
      messages: texts.map((text) => ({ id: `of ${text}`, role: "user", text })),
    });
  }

  /** Archives it. */
  async archive(): Promise<CopyOutcome> {
    for await (const { copies: [copy] } of this.#archiver().archiveAll()) return copy;
    throw new Error("there was no session");
  }

  /** Lets the session hold these messages, and archives it. */
  async archives(...texts: readonly string[]): Promise<CopyOutcome> {
    this.says(...texts);
    return await this.archive();
  }

  /** Lets some time pass, by default until no write can arrive any more, and looks what came of them. */
  async settle(ms: number = LATE_WRITE_MS + 1): Promise<SettledPlace[]> {
    this.time += ms;
    const places: SettledPlace[] = [];
    const before = this.time - LATE_WRITE_MS;
    for await (const place of this.#archiver().settle({ before })) places.push(place);
    return places;
  }

  /** The writes whose end is not known. */
  get open(): number {
    return [...this.ledger.openWrites()].length;
  }

  /** What the ledger says of the copy. */
  get state(): string | undefined {
    return this.ledger.at(this.store.identity, KEY)?.state;
  }

  /** Deletes the archive. */
  async delete(): Promise<void> {
    await this.#archiver().delete(KEY);
  }

  #archiver(): Archiver {
    return new Archiver({ agents: [this.agent], backends: [this.store], ledger: this.ledger });
  }
}

/** What the session's archive holds: its messages, joined; undefined when there is none. */
export async function held(store: MemoryBackend, key: string = KEY): Promise<string | undefined> {
  if (!(await keys(store)).includes(key)) return undefined;
  const body = (await store.get(key)).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  return [...(await new Response(body).text()).matchAll(/"text":"([^"]*)"/g)]
    .map(([, text]) => text).join(" ");
}

/** What all kept versions hold. */
export async function versions(store: MemoryBackend): Promise<(string | undefined)[]> {
  const kept = (await keys(store)).filter((key) => key.includes("~"));
  return (await Promise.all(kept.map((key) => held(store, key)))).sort();
}

async function keys(store: MemoryBackend): Promise<string[]> {
  const found: string[] = [];
  for await (const { objects } of store.list()) found.push(...objects.map(({ key }) => key));
  return found;
}
