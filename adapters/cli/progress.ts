/**
 * How far a long command has come: a line that changes, with count, rate and remaining time.
 *
 * The prompt library's own progress bar is not used: it takes the keyboard, and Ctrl-C then ends
 * the process at once and with success.
 *
 * @module
 */
import { countText, sizeText, spanText } from "./amounts.ts";
import type { Report } from "./report.ts";

/** Rate and remaining time are those of the last seconds: unchanged sessions come in bursts. */
const WINDOW_MS = 10_000;
/** How often the line changes at most. */
const PAUSE_MS = 100;

/** Counts what is done and shows it. */
export class Progress {
  readonly #report: Report;
  readonly #doing: string;
  readonly #noun: string;
  readonly #marks: { readonly at: number; readonly done: number }[] = [];
  #done = 0;
  #bytes = 0;
  #total: number | undefined;
  #isAbout = false;
  #shownAt = -Infinity;

  /**
   * @param report Where it shows.
   * @param doing What is done, as in "archiving".
   * @param noun One of the things it is done to.
   */
  constructor(report: Report, doing: string, noun: string) {
    this.#report = report;
    this.#doing = doing;
    this.#noun = noun;
  }

  /** Learns of things that are to come. */
  expect(count: number): void {
    this.#total = (this.#total ?? 0) + count;
  }

  /**
   * Learns about how many are to come. Once there are more, it is nothing to go by.
   *
   * @param count How many, as far as is known.
   */
  expectAbout(count: number): void {
    this.#total = count > 0 ? count : undefined;
    this.#isAbout = true;
  }

  /**
   * Counts one thing that is done.
   *
   * @param bytes Bytes it took.
   */
  async step(bytes = 0): Promise<void> {
    this.#done++;
    this.#bytes += bytes;
    if (this.#isAbout && this.#done > (this.#total ?? 0)) this.#total = undefined;
    const now = performance.now();
    if (!this.#report.showsProgress || now - this.#shownAt < PAUSE_MS) return;
    this.#shownAt = now;
    this.#marks.push({ at: now, done: this.#done });
    while (now - this.#marks[0].at > WINDOW_MS) this.#marks.shift();
    await this.#report.live(this.line());
  }

  /** The line as it is now. */
  line(): string {
    const rate = this.#rate();
    const done = this.#done.toLocaleString("en-US");
    const count = this.#total === undefined
      ? countText(this.#done, this.#noun)
      : `${done} of ${this.#isAbout ? "about " : ""}${countText(this.#total, this.#noun)}`;
    const left = (this.#total ?? 0) - this.#done;
    return [
      `${this.#doing} ${count}`,
      ...(this.#bytes > 0 ? [sizeText(this.#bytes)] : []),
      ...(rate > 0 ? [`${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`] : []),
      ...(rate > 0 && left > 0 ? [`${spanText(left / rate)} left`] : []),
    ].join(" · ");
  }

  /** Takes the line away. */
  async end(): Promise<void> {
    await this.#report.live();
  }

  /** Things a second; 0 while that cannot be told. */
  #rate(): number {
    const first = this.#marks.at(0);
    const last = this.#marks.at(-1);
    if (!first || !last || last.at - first.at < PAUSE_MS) return 0;
    return (last.done - first.done) / (last.at - first.at) * 1000;
  }
}
