/**
 * The messages of a session as they stand in the end: records replace, take back and begin anew.
 *
 * @module
 */
import { type Fields, textOf } from "../files/values.ts";
import type { Step } from "./record.ts";

/** Goes through what records do, as Gemini CLI does when it loads a session. */
export class Messages<Kept> {
  readonly #keep: (message: Fields) => Kept;
  readonly #byId = new Map<string, Kept>();

  /** @param keep What to remember of a message. */
  constructor(keep: (message: Fields) => Kept) {
    this.#keep = keep;
  }

  /** What is remembered of those that are left, in order. */
  values(): Iterable<Kept> {
    return this.#byId.values();
  }

  /**
   * Takes what the next record does.
   *
   * @param step It.
   */
  take(step: Step): void {
    if (step.kind === "message") this.#put(step.message);
    else if (step.kind === "rewind") this.#rewind(step.to);
    else if (step.kind === "messages") {
      this.#byId.clear();
      for (const message of step.messages) this.#put(message);
    }
  }

  /** One that is there already keeps its place. */
  #put(message: Fields): void {
    this.#byId.set(textOf(message.id), this.#keep(message));
  }

  /** To a message that is not there is to the beginning. */
  #rewind(to: string): void {
    let isBehind = !this.#byId.has(to);
    for (const id of [...this.#byId.keys()]) {
      isBehind ||= id === to;
      if (isBehind) this.#byId.delete(id);
    }
  }
}
