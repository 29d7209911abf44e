/**
 * What goes wrong on purpose: scripted faults, and which of them a request meets.
 *
 * @module
 */
import type { Operation, RecordedRequest } from "./request.ts";

/**
 * What goes wrong.
 *
 * - `"hang"`: the request is taken and never answered; nothing is done.
 * - `"hangMidBody"`: it is done, and the reply stops half-way through its body for good.
 * - `"html"`, `{html: 502}`: a page of HTML, with status 200 unless said otherwise; nothing is done.
 * - `{status: 503, code: "SlowDown"}`: an error document; nothing is done.
 * - `"reset"`: the connection is reset before a reply; nothing is done.
 * - `"loseReply"`: it is done, then the connection is closed without a reply.
 * - `{doWhen: promise}`: it is taken and never answered; it is done when that is fulfilled, long
 *   after its client has given up, perhaps.
 * - `"truncateBody"`, `{truncateBody: "rst"}`: it is done; half of the body comes, then the
 *   connection is closed (`"fin"`, also by default) or reset.
 * - `"corruptBody"`: it is done, and one byte in the middle of the reply's body is another.
 * - `"truncatedListingWithoutToken"`: a listing gives half of its names, says that there is more,
 *   and not how to go on.
 * - `{clockSkewMs: 3_600_000}`: the server's clock is ahead by so much.
 * - `{delayMs: 100}`: it is done at once, and answered later.
 * - `{waitFor: promise}`: it is done at once, and answered when that is fulfilled.
 */
export type FaultAction =
  | "hang"
  | "hangMidBody"
  | "html"
  | "reset"
  | "loseReply"
  | "truncateBody"
  | "corruptBody"
  | "truncatedListingWithoutToken"
  | { readonly html: number }
  | {
    readonly status: number;
    readonly code?: string;
    readonly message?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }
  | { readonly truncateBody: "fin" | "rst" }
  | { readonly doWhen: Promise<unknown> }
  | Alongside;

/** Faults that go together with others. */
type Alongside =
  | { readonly clockSkewMs: number }
  | { readonly delayMs: number }
  | { readonly waitFor: Promise<unknown> };

/** A scripted fault. */
export interface Fault {
  /** Which requests it waits for; all of them when not given. */
  readonly on?: Operation | readonly Operation[] | ((request: RecordedRequest) => boolean);
  /** How many requests it hits, then it is over; Infinity by default: for good. */
  readonly times?: number;
  /** What it does. */
  readonly do: FaultAction;
}

/** Faults that decide how a request is answered; a request meets one of them at most. */
export type Answer = Exclude<FaultAction, Alongside>;

/** What a request meets. */
export interface Fate {
  /** How long the reply is held back, in milliseconds. */
  readonly delayMs: number;
  /** What the reply waits for before that. */
  readonly waitFor: readonly Promise<unknown>[];
  /** How far the server's clock is ahead, in milliseconds. */
  readonly clockSkewMs: number;
  /** What else goes wrong. */
  readonly answer: Answer | undefined;
}

/**
 * The faults of a server. Delays, waits and skews that fit a request are added up; of the others, the
 * first that fits has its turn, and the next one only when that is over.
 */
export class Faults {
  readonly #script: { fault: Fault; left: number }[] = [];

  /**
   * Adds one.
   *
   * @param fault What shall go wrong.
   */
  add(fault: Fault): void {
    this.#script.push({ fault, left: fault.times ?? Infinity });
  }

  /** Forgets all. */
  clear(): void {
    this.#script.length = 0;
  }

  /**
   * Says what a request meets, and counts it.
   *
   * @param request The request.
   */
  meet(request: RecordedRequest): Fate {
    let [delayMs, clockSkewMs] = [0, 0];
    const waitFor: Promise<unknown>[] = [];
    let answer: Answer | undefined;
    for (const entry of this.#script) {
      const { do: action } = entry.fault;
      if (entry.left <= 0 || !fits(entry.fault, request)) continue;
      if (!isAlongside(action) && answer !== undefined) continue;
      entry.left--;
      if (!isAlongside(action)) answer = action;
      else if ("delayMs" in action) delayMs += action.delayMs;
      else if ("clockSkewMs" in action) clockSkewMs += action.clockSkewMs;
      else waitFor.push(action.waitFor);
    }
    return { delayMs, waitFor, clockSkewMs, answer };
  }
}

function isAlongside(action: FaultAction): action is Alongside {
  return typeof action === "object" &&
    ("delayMs" in action || "clockSkewMs" in action || "waitFor" in action);
}

function fits({ on, do: action }: Fault, request: RecordedRequest): boolean {
  if (action === "truncatedListingWithoutToken" && !request.operation.startsWith("ListObjects")) {
    return false;
  }
  if (on === undefined) return true;
  if (typeof on === "function") return on(request);
  return typeof on === "string" ? on === request.operation : on.includes(request.operation);
}
