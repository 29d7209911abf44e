/**
 * A walk over an agent's folders in search of sessions.
 *
 * What cannot be looked into hides nothing that lies elsewhere: the walk goes on, and fails when all that
 * can be found was.
 *
 * @module
 */
import type { Dirent } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { ArchiveError, asArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { entriesOf, kindOf, lookAt } from "./folder.ts";
import type { LookedAt } from "./token.ts";

/** What a walk looks with. */
export class Walk {
  /** What could not be looked at. */
  readonly failures: ArchiveError[] = [];
  /** Sessions that are found all the same, but lie there twice. */
  readonly doubles: ArchiveError[] = [];
  readonly #title: string;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param title What people call the agent.
   * @param signal Stops the walk.
   */
  constructor(title: string, signal?: AbortSignal) {
    this.#title = title;
    this.#signal = signal;
  }

  /** Between two folders: whoever else works in this process has a turn, or has it stopped. */
  async pause(): Promise<void> {
    await setImmediate();
    throwIfAborted(this.#signal, `looking for sessions of ${this.#title}`);
  }

  /**
   * What a folder holds; see {@linkcode entriesOf}.
   *
   * @param path The folder.
   */
  entriesOf(path: string): readonly Dirent[] {
    return this.tried(() => entriesOf(path)) ?? [];
  }

  /**
   * What a look at a file tells; see {@linkcode lookAt}.
   *
   * @param path The file.
   */
  lookAt(path: string): LookedAt | undefined {
    return this.tried(() => lookAt(path));
  }

  /**
   * What lies at a path; see {@linkcode kindOf}.
   *
   * @param path The path.
   */
  kindOf(path: string): ReturnType<typeof kindOf> {
    return this.tried(() => kindOf(path));
  }

  /**
   * Tells of a session that lies there twice, so that one of both is not archived.
   *
   * @param id Its id.
   * @param taken The path of the one that is, from the agent's folder.
   * @param other The other one's.
   */
  isTwice(id: string, taken: string, other: string): void {
    const message = `two files of ${this.#title} are session ${id}: only ${taken}, which changed ` +
      `last, is archived, and not ${other}; move one of them away`;
    this.doubles.push(new ArchiveError("AlreadyExists", message, { session: id }));
  }

  /**
   * Looks at something.
   *
   * @param look What fails when it cannot be looked at.
   * @returns Undefined then.
   */
  tried<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.failures.push(asArchiveError(error));
    }
  }
}

/**
 * Fails if anything did.
 *
 * @param failures What did.
 * @throws {ArchiveError} The first of them, which says how many more there are.
 */
export function throwFirst(failures: readonly ArchiveError[]): void {
  const [first, ...more] = failures;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  throw new ArchiveError(first.code, `${first.message} (and ${more.length} more like it)`, {
    ...first,
    cause: new AggregateError(failures),
  });
}
