/**
 * What a person can be asked, as data, so that tests can answer.
 *
 * @module
 */

/** One of several answers. */
export interface Choice {
  /** What is given back. */
  readonly value: string;
  /** What is shown. */
  readonly label: string;
  /** More about it. */
  readonly hint?: string;
}

/** A question. */
export type Question =
  | {
    readonly kind: "choice";
    /** What is asked. */
    readonly message: string;
    /** At least one. */
    readonly choices: readonly Choice[];
    /** The value that stands first. */
    readonly initial?: string;
  }
  | {
    readonly kind: "text";
    readonly message: string;
    /** What stands there already, to be changed. */
    readonly initial?: string;
    /** What an answer may look like. */
    readonly example?: string;
    /** What is wrong with an answer; undefined when nothing is. */
    readonly fault?: (answer: string) => string | undefined;
  }
  | {
    /** A text that is shown nowhere. */
    readonly kind: "secret";
    readonly message: string;
    readonly fault?: (answer: string) => string | undefined;
  }
  | {
    /** Yes or no, as a {@linkcode Decision}; no stands first, and is whatever is not yes. */
    readonly kind: "decision";
    readonly message: string;
  };

/** The answers to a decision. */
export type Decision = "yes" | "no";

/** Asks; undefined when the person does not want to answer, or the signal fires. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<string | undefined>;
