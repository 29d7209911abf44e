/**
 * The end of an OpenCode process in its own time: waits for what is on its way, as long as it gets
 * anywhere, so that a container may die with the process. What is left goes on in the relay.
 *
 * @module
 */
import type { BackendStatus, Status } from "../state/status.ts";
import type { Clock } from "./clock.ts";
import { doneWithin } from "./done_within.ts";
import type { OpenIntents } from "./intents.ts";

/** How long to wait without progress when the relay has not said yet, in milliseconds. */
const USUAL_WAIT_MS = 4_000;
/** How often to look whether all is archived, in milliseconds. */
const LOOK_MS = 75;
/** Every how many looks the relay's status is read, which costs more and changes more seldom. */
const LOOKS_A_STATUS = 3;

/** What the wait goes by. */
export interface ExitWait {
  /** What is waited for. */
  readonly intents: OpenIntents;
  /** When the last of them was first asked for, epoch milliseconds. */
  readonly askedAt: number;
  /** When the end began, epoch milliseconds: since then there is no progress. */
  readonly begunAt: number;
  /** The relay's status, when there is any. */
  status(): Promise<Status | undefined>;
  /** The stamp of the configuration. */
  stamp(): Promise<string>;
  readonly clock: Clock;
}

/**
 * Waits until nothing is open any more, nothing gets on, or nothing can.
 *
 * @param wait What to go by.
 */
export async function untilArchived(wait: ExitWait): Promise<void> {
  const { intents, clock } = wait;
  const progress = new Progress(wait);
  for (let looks = 0;; looks++) {
    const look = progress.look(looks % LOOKS_A_STATUS === 0);
    // A disk that does not answer gets nowhere either.
    const isTold = await doneWithin(Math.max(0, progress.left), look, clock);
    if (isTold && intents.size === 0) return;
    if (!isTold || progress.isHopeless || progress.left <= 0) return intents.forget();
    await clock.sleep(LOOK_MS);
  }
}

/** Whether the relay gets on with what is waited for. */
class Progress {
  readonly #wait: ExitWait;
  #said: Status | undefined;
  #movedAt: number;
  #fewest: number;
  #successes: string | undefined;
  #isHopeless = false;

  constructor(wait: ExitWait) {
    this.#wait = wait;
    this.#movedAt = wait.begunAt;
    this.#fewest = wait.intents.size;
  }

  /** Whether no backend can take anything now. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** How much longer to wait should nothing move any more, in milliseconds. */
  get left(): number {
    return this.#movedAt + patience(this.#said, this.#wait) - this.#wait.clock.now();
  }

  /**
   * Looks what is still open.
   *
   * @param asks Whether to look at what the relay says, too.
   */
  async look(asks: boolean): Promise<void> {
    const { intents, clock } = this.#wait;
    await intents.refresh();
    if (intents.size < this.#fewest) this.#movedAt = clock.now();
    this.#fewest = Math.min(this.#fewest, intents.size);
    if (asks && intents.size > 0) await this.#ask();
  }

  async #ask(): Promise<void> {
    const { intents, clock, status } = this.#wait;
    this.#said = await status();
    const successes = successesOf(this.#said, intents.ids);
    if (successes !== (this.#successes ?? successes)) this.#movedAt = clock.now();
    this.#successes = successes;
    this.#isHopeless = this.#said !== undefined && await isHopeless(this.#said, this.#wait);
  }
}

async function isHopeless(
  { config, backends, updatedAt }: Status,
  { stamp, askedAt, clock }: ExitWait,
): Promise<boolean> {
  // A former relay may have had another environment.
  const isOfNow = Date.parse(updatedAt) >= askedAt;
  if (config.problem !== undefined && isOfNow && config.stamp === await stamp()) return true;
  const all = Object.values(backends);
  return all.length > 0 && all.every((backend) => isAway(backend, askedAt, clock.now()));
}

/**
 * Whether a backend is left alone for now, or has failed since it was asked. What it failed of before
 * says nothing: a relay that has ended may have left it.
 */
function isAway(
  { failing, lastFailure, nextTryAt = "" }: BackendStatus,
  askedAt: number,
  now: number,
): boolean {
  return failing && (Date.parse(nextTryAt) > now || Date.parse(lastFailure?.at ?? "") >= askedAt);
}

/** Where one of several backends fails, what is left may be waiting for that one alone. */
function patience(status: Status | undefined, { askedAt, clock }: ExitWait): number {
  const wait = status?.config.waitOnExitMs ?? USUAL_WAIT_MS;
  const all = Object.values(status?.backends ?? {});
  const fails = all.some((backend) => isAway(backend, askedAt, clock.now()));
  return fails ? wait / 2 : wait;
}

/** Differs whenever a backend has taken one of these sessions: others' are no progress of ours. */
function successesOf(status: Status | undefined, ids: ReadonlySet<string>): string {
  return Object.values(status?.backends ?? {}).flatMap(({ lastSuccess }) =>
    lastSuccess && ids.has(lastSuccess.session) ? [`${lastSuccess.at} ${lastSuccess.key}`] : []
  ).join("\n");
}
