/**
 * What a backend refuses: whoever asks, which only somebody can mend, or single sessions, which should
 * hold up no others. The backend does not say which. Who asks is refused where not even a list is
 * given; a session is, where others were taken since it was refused first.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import { CLOSED_MS, DENIED_MS } from "./backoff.ts";

/** After so many in a row, it may well be that all are refused. */
const MOST = 3;

/** A session, as the status names it too. */
type Named = Pick<SessionId, "agent" | "id">;

/** Knows what one backend has refused lately. */
export class Refusals {
  readonly #own: Set<string>;
  readonly #sinceTaken = new Set<string>();
  #inARow = 0;
  #isOfWhoAsks = false;

  /** @param own Sessions that are known to be refused themselves. */
  constructor(own: Iterable<Named> = []) {
    this.#own = new Set([...own].map(nameOf));
  }

  /** Whether the last that it was asked was refused. */
  get isAny(): boolean {
    return this.#inARow > 0;
  }

  /** For how long to leave it alone, in milliseconds; undefined where it is not known to refuse all. */
  get pauseMs(): number | undefined {
    if (this.#isOfWhoAsks) return CLOSED_MS;
    return this.#inARow >= MOST ? DENIED_MS : undefined;
  }

  /**
   * Whether a session is refused itself, so that its refusal says nothing of others.
   *
   * @param session Which.
   */
  isOwn(session: Named): boolean {
    return this.#own.has(nameOf(session));
  }

  /**
   * It refused a session.
   *
   * @param session Which.
   * @param isOfWhoAsks It does not even give a list.
   */
  refused(session: Named, isOfWhoAsks: boolean): void {
    this.#inARow++;
    this.#isOfWhoAsks ||= isOfWhoAsks;
    this.#sinceTaken.add(nameOf(session));
  }

  /**
   * It took a session.
   *
   * @param session Which.
   */
  took(session: Named): void {
    for (const name of this.#sinceTaken) this.#own.add(name);
    this.#own.delete(nameOf(session));
    this.answered();
  }

  /** It answered something else, or not at all. */
  answered(): void {
    this.#sinceTaken.clear();
    this.#inARow = 0;
    this.#isOfWhoAsks = false;
  }
}

function nameOf({ agent, id }: Named): string {
  return `${agent}\n${id}`;
}
