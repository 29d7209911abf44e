/**
 * A configuration's archive while sessions are brought into it.
 *
 * @module
 */
import type { Lane } from "./lane.ts";
import type { RelayArchive } from "./relay_archive.ts";

/** An archive that is in force, or whose last work goes on. */
export class Force {
  /** The archive. */
  readonly archive: RelayArchive;
  /** One a backend. */
  readonly lanes: readonly Lane[];
  readonly #work = new Set<Promise<void>>();
  readonly #cut = new AbortController();

  /**
   * @param archive The archive.
   * @param lanes One a backend.
   */
  constructor(archive: RelayArchive, lanes: readonly Lane[]) {
    this.archive = archive;
    this.lanes = lanes;
  }

  /** The names of its backends. */
  get names(): readonly string[] {
    return this.lanes.map(({ name }) => name);
  }

  /** Whether anything goes on in it. */
  get isBusy(): boolean {
    return this.#work.size > 0;
  }

  /** Fires when what is under way shall end. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /**
   * Takes note of work that goes on in it.
   *
   * @param work The work; must not reject.
   * @returns Resolves when it has ended and no longer counts.
   */
  begin(work: Promise<void>): Promise<void> {
    const ended = work.finally(() => this.#work.delete(ended));
    this.#work.add(ended);
    return ended;
  }

  /** Ends what is under way. */
  cut(): void {
    this.#cut.abort();
  }

  /** Resolves when nothing goes on in it. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  /** Lets go of the archive, once nothing goes on in it. */
  async close(): Promise<void> {
    await this.settled();
    await this.archive.close();
  }
}
