/**
 * Verifying archives, and all that goes with it in a terminal.
 *
 * It takes no lock while it reads, which may take hours: sessions go on being archived meanwhile.
 * What looks wrong is looked at again, with what was remembered since, and only then told; for that
 * moment the lock is taken, so that what is lost is remembered.
 *
 * @module
 */
import type { VerifyOptions } from "../../../core/verify/verification.ts";
import type { VerifyOutcome } from "../../../core/verify/verify_outcome.ts";
import { asArchiveError, isArchiveError } from "../../../core/errors.ts";
import { outcomesByKey, type OutcomesOfKey } from "../../../core/verify/outcomes_by_key.ts";
import { removeMark, type VerificationMark, writeMark } from "../../state/verification_mark.ts";
import type { Call } from "../call.ts";
import { type OpenArchive, openToRead, openToWrite } from "../open_archive.ts";
import type { Progress } from "../progress.ts";
import type { Findings } from "./findings.ts";

/** So many keys that look wrong are looked at again together. */
const MOST_DOUBTS = 1000;
/** How often a mark is written while all goes well, in milliseconds. */
const MARK_EVERY_MS = 5_000;

/** What a verification is given. */
export interface VerificationJob {
  /** Who asks. */
  readonly call: Call;
  /** Where. */
  readonly archive: OpenArchive;
  /** Takes what is found. */
  readonly findings: Findings;
  /** Shows how far it has come. */
  readonly progress: Progress;
  /** How many objects are looked at at once. */
  readonly concurrency?: number;
}

/** One verification. */
export class Verification {
  readonly #job: VerificationJob;
  /** Keys that look wrong. */
  readonly #doubts: Set<string>;
  /** Where all archives are verified: how far that is. */
  readonly #mark: VerificationMark | undefined;
  #after: string | undefined;
  #markedAt = performance.now();
  #remembers = true;

  /**
   * @param job What it is given.
   * @param mark Where all archives are verified: where to begin.
   */
  constructor(job: VerificationJob, mark?: VerificationMark) {
    this.#job = job;
    this.#mark = mark;
    this.#doubts = new Set(mark?.doubts);
    this.#after = mark?.after;
    if (mark) job.findings.startFrom(mark.counts, mark.bytes);
  }

  /** Keys that look wrong and were not looked at again, since it was stopped. */
  get doubts(): readonly string[] {
    return [...this.#doubts];
  }

  /** Whether what is lost was remembered for the next run. */
  get remembers(): boolean {
    return this.#remembers;
  }

  /**
   * Verifies.
   *
   * @param keys Which; all of them where they are left out.
   * @param options How closely.
   * @throws What stopped it, and what backends fail with that cannot be listed.
   */
  async run(keys: readonly string[] | undefined, options: VerifyOptions): Promise<void> {
    const { call: { signal }, archive: { state } } = this.#job;
    let failures: unknown;
    try {
      failures = await this.#look(keys, options);
      await this.#settle();
    } catch (error) {
      if (signal.aborted) await this.#save();
      throw error;
    }
    if (this.#mark) await removeMark(state);
    if (failures !== undefined) throw failures;
  }

  /** Looks at all, and gives back what backends fail with that cannot be listed. */
  async #look(keys: readonly string[] | undefined, options: VerifyOptions): Promise<unknown> {
    const { call: { signal }, archive: { archiver }, concurrency } = this.#job;
    const how = { ...options, after: this.#after, concurrency, signal };
    try {
      for await (const outcomes of outcomesByKey(archiver.verify(keys, how))) {
        await this.#take(outcomes);
      }
    } catch (error) {
      if (!(isArchiveError(error) || error instanceof AggregateError) || signal.aborted) {
        throw error;
      }
      return error;
    }
  }

  async #take(outcomes: OutcomesOfKey): Promise<void> {
    const { findings, progress } = this.#job;
    const [{ key }] = outcomes;
    for (const { size } of outcomes) await progress.step(size);
    if (outcomes.some(isDoubtful)) this.#doubts.add(key);
    else for (const outcome of outcomes) await findings.add(outcome);
    this.#after = key;
    if (this.#doubts.size >= MOST_DOUBTS) await this.#settle();
    if (performance.now() - this.#markedAt > MARK_EVERY_MS) await this.#save();
  }

  /** Looks again at what looks wrong, and tells of it. */
  async #settle(): Promise<void> {
    if (this.#doubts.size === 0) return;
    const { call: { signal }, findings, concurrency } = this.#job;
    const archive = await this.#open();
    try {
      const outcomes = archive.archiver.verify(this.doubts, { concurrency, signal });
      for await (const ofKey of outcomesByKey(outcomes)) {
        for (const outcome of ofKey) await findings.add(outcome);
        this.#doubts.delete(ofKey[0].key);
      }
      // Of what was deleted meanwhile there is nothing to tell.
      this.#doubts.clear();
    } finally {
      await archive.close();
    }
  }

  /** Verifying needs no lock; remembering what is lost does. */
  async #open(): Promise<OpenArchive> {
    const { call } = this.#job;
    try {
      return await openToWrite(call, "verifying");
    } catch (error) {
      if (!isArchiveError(error, "AlreadyExists") && !isArchiveError(error, "Unauthorized")) {
        throw error;
      }
      if (this.#remembers) {
        await call.report.warn(
          `what is found lost is not remembered for the next run: ${error.message}`,
        );
      }
      this.#remembers = false;
      return await openToRead(call);
    }
  }

  /** Notes how far it has come. Where that fails, all that is lost is the way back to here. */
  async #save(): Promise<void> {
    this.#markedAt = performance.now();
    if (!this.#mark) return;
    const { call, findings: { counts, bytes }, archive: { state } } = this.#job;
    const { doubts } = this;
    const after = this.#after === undefined ? {} : { after: this.#after };
    try {
      await writeMark(state, { ...this.#mark, ...after, counts, bytes, doubts });
    } catch (error) {
      const { message } = asArchiveError(error);
      await call.report.warn(`if it is stopped, this verification begins anew: ${message}`);
    }
  }
}

/** What another process may just be changing, or has changed since this one looked. */
function isDoubtful({ status }: VerifyOutcome): boolean {
  return status !== "ok" && status !== "failed";
}
