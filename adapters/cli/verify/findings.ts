/**
 * What a verification has found: counted, told as it is found, and summed up.
 *
 * @module
 */
import { ArchiveError, type ErrorCode } from "../../../core/errors.ts";
import {
  noneFound,
  type VerifyCounts,
  type VerifyOutcome,
  type VerifyStatus,
  type WrongOutcome,
} from "../../../core/verify/verify_outcome.ts";
import { countText, sizeText } from "../amounts.ts";
import type { Report } from "../report.ts";

/** What `verify --json` prints. */
export interface VerifyJson extends VerifyCounts {
  /** What is wrong; good copies only when they were asked for. After `--resume` those since then. */
  readonly archives: readonly VerifyOutcome[];
  /** The key that it went on behind, as `--resume` has it; the counts begin before it. */
  readonly resumedAfter?: string;
  /** Whether the user stopped it before its end. */
  readonly stopped?: true;
}

/** How each finding is told. */
interface Telling {
  /** What a line about one is an error of. */
  readonly code: ErrorCode;
  /** What such a copy is. */
  readonly is: string;
  /** What to do about it, or what is done. */
  readonly next: string;
}

const TELLING: Readonly<Record<WrongOutcome["status"], Telling>> = {
  missing: {
    code: "NotFound",
    is: "missing",
    next: "the next run uploads again what is missing, as far as its session is still there",
  },
  damaged: {
    code: "Corrupt",
    is: "damaged",
    next: "the next run uploads again what is damaged, as far as its session is still there",
  },
  foreign: {
    code: "Corrupt",
    is: "foreign",
    next: "what is foreign is left alone; see what it is, and move or delete it yourself",
  },
  undecodable: {
    code: "NotSupported",
    is: "of a later format",
    next: "a newer release reads what is of a later format; update this one, and verify again",
  },
  differs: {
    code: "Corrupt",
    is: "not the same everywhere",
    next:
      "the next run brings a copy that is behind up to date on the machine that has its session",
  },
  failed: {
    code: "Transient",
    is: "not readable now",
    next: "of what is not readable now nothing is known; verify it again",
  },
};

/** Copies that are named for each finding in each backend; the rest are counted. */
const MOST_NAMED = 10;

/** What findings are told with. */
export interface FindingsOptions {
  /** Where to. */
  readonly report: Report;
  /** Names every copy, good ones too. */
  readonly verbose: boolean;
  /** Whether there are several backends, so that each has to be named. */
  readonly several: boolean;
}

/** Takes what is found. */
export class Findings {
  readonly #options: FindingsOptions;
  readonly #archives: VerifyOutcome[] = [];
  readonly #groups = new Map<string, { readonly outcome: WrongOutcome; count: number }>();
  /** Copies so far. */
  readonly counts: VerifyCounts = noneFound();
  /** Their sizes, in bytes. */
  bytes = 0;

  /** @param options Where to, and how much. */
  constructor(options: FindingsOptions) {
    this.#options = options;
  }

  /** How many were looked at. */
  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** How many are not as they should be. */
  get wrong(): number {
    return this.total - this.counts.ok;
  }

  /** Whether anything is lost that the next run makes again. */
  get isAnyLost(): boolean {
    return this.counts.missing + this.counts.damaged > 0;
  }

  /** Begins with what an earlier part of the same verification has found. */
  startFrom(counts: Readonly<VerifyCounts>, bytes: number): void {
    Object.assign(this.counts, counts);
    this.bytes = bytes;
  }

  /** Counts a copy, and tells of it where something is to be told. */
  async add(outcome: VerifyOutcome): Promise<void> {
    const { report, verbose } = this.#options;
    this.counts[outcome.status]++;
    this.bytes += outcome.size;
    if (report.style.json) {
      if (verbose || outcome.status !== "ok") this.#archives.push(outcome);
    } else if (outcome.status !== "ok") await this.#tell(outcome);
    else if (verbose) await report.say(`ok ${outcome.key} on ${outcome.backend}`);
  }

  /** Everything as JSON. */
  json(more: Pick<VerifyJson, "resumedAfter" | "stopped">): VerifyJson {
    return { ...this.counts, archives: this.#archives, ...more };
  }

  /** All counts in one line: `9,998 good, 2 missing`. */
  line(): string {
    const { ok, ...wrong } = this.counts;
    const some = Object.entries(wrong).filter(([, count]) => count > 0);
    return [
      `${ok.toLocaleString("en-US")} good`,
      ...some.map(([status, count]) =>
        `${count.toLocaleString("en-US")} ${TELLING[status as WrongOutcome["status"]].is}`
      ),
    ].join(", ");
  }

  /** How many, and how large they are: `2 archives (1.4 MB)`. */
  amount(): string {
    return `${countText(this.total, "archive")} (${sizeText(this.bytes)})`;
  }

  /**
   * Tells how many there were of which not each was named, and what to do about them.
   *
   * @param remembers Whether the next run knows what is lost.
   */
  async end(remembers: boolean): Promise<void> {
    const { report } = this.#options;
    if (report.style.json) return;
    for (const { outcome, count } of this.#groups.values()) {
      const more = count - MOST_NAMED;
      if (this.#options.verbose || more <= 0) continue;
      const { code, is } = TELLING[outcome.status];
      const text = `${countText(more, "more archive")} on ${outcome.backend} ` +
        `${more === 1 ? "is" : "are"} ${is}; --verbose or --json names all`;
      await report.error(new ArchiveError(code, text));
    }
    for (const [status, { next }] of Object.entries(TELLING)) {
      const isLoss = status === "missing" || status === "damaged";
      if (this.counts[status as VerifyStatus] > 0 && (remembers || !isLoss)) {
        await report.note(next);
      }
    }
  }

  async #tell(outcome: WrongOutcome): Promise<void> {
    const { status, backend, key, problem } = outcome;
    const name = `${status}\n${backend}`;
    const group = this.#groups.get(name) ?? { outcome, count: 0 };
    this.#groups.set(name, group);
    if (group.count++ >= MOST_NAMED && !this.#options.verbose) return;
    const { code, is } = TELLING[status];
    await this.#options.report.error(
      new ArchiveError(code, this.#where(outcome, `is ${is}`) + problem, { backend, key }),
    );
  }

  /** What is missing in a problem of key and backend. */
  #where({ key, backend, problem }: WrongOutcome, is: string): string {
    if (!problem.includes(key)) return `${key} on ${backend} ${is}: `;
    const isNamed = !this.#options.several || problem.includes(backend);
    return isNamed ? "" : `${backend}: `;
  }
}
