/**
 * The relay's log: what a process that nobody sees did and why, for people who look later.
 *
 * It never stands in the relay's way: what cannot be written is not written.
 *
 * @module
 */
import { type FileHandle, open, rename } from "node:fs/promises";
import { relayLogPath } from "./layout.ts";

/** The size in bytes at which a log becomes the predecessor of a new one. */
const LIMIT_BYTES = 1 << 20;
/** The longest entry, in UTF-16 units; the rest is cut off. */
const LONGEST_ENTRY = 8 << 10;

/** Options of {@linkcode RelayLog}. */
export interface RelayLogOptions {
  /** The size in bytes that neither the log nor its predecessor exceeds; 1 MiB when left out. */
  readonly limitBytes?: number;
  /** The time, in epoch milliseconds. */
  readonly now?: () => number;
  /** Is told each entry, without its time. Must not throw. */
  readonly onSay?: (line: string) => void;
}

/**
 * The files `relay.log` and `relay.log.1` in a folder, one line an entry, its time first.
 *
 * @example
 * ```ts ignore
 * const log = new RelayLog(state);
 * log.say("archived ses_1 to s3: home_me_project/2026-01-15/ses_1.json");
 * await log.flushed();
 * ```
 */
export class RelayLog {
  readonly #path: string;
  readonly #limitBytes: number;
  readonly #now: () => number;
  readonly #onSay: ((line: string) => void) | undefined;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;

  /**
   * Makes a log that writes nothing yet.
   *
   * @param folder The state's folder; touched by the first entry.
   * @param options Limit and clock.
   */
  constructor(
    folder: string,
    { limitBytes = LIMIT_BYTES, now = Date.now, onSay }: RelayLogOptions = {},
  ) {
    this.#path = relayLogPath(folder);
    this.#limitBytes = limitBytes;
    this.#now = now;
    this.#onSay = onSay;
  }

  /**
   * Adds an entry. Neither waits nor throws.
   *
   * @param entry Any text without secrets; line breaks become visible, so that it stays one line.
   */
  say(entry: string): void {
    const time = new Date(this.#now()).toISOString();
    const line = escaped(entry);
    this.#lines.push(`${time} ${line}\n`);
    this.#onSay?.(line);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all that was said is in the file, or could not be written. Never rejects. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      // A full disk must not stop the relay, and there is no other place to tell of it.
      await this.#append(lines).catch(() => undefined);
    }
    this.#writing = undefined;
  }

  async #append(lines: readonly string[]): Promise<void> {
    let handle = await this.#open();
    try {
      let { size } = await handle.stat();
      for (const line of lines) {
        const bytes = new TextEncoder().encode(line);
        if (size > 0 && size + bytes.length > this.#limitBytes) {
          await handle.close();
          // Where that is not possible, a log that is too long is better than none.
          await rename(this.#path, `${this.#path}.1`).catch(() => undefined);
          handle = await this.#open();
          size = 0;
        }
        await handle.writeFile(bytes);
        size += bytes.length;
      }
    } finally {
      await handle.close();
    }
  }

  #open(): Promise<FileHandle> {
    return open(this.#path, "a", 0o600);
  }
}

/** Control characters, and what terminals and editors take for a line's end. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/gu;

function escaped(text: string): string {
  const isLong = text.length > LONGEST_ENTRY;
  const kept = isLong ? `${text.slice(0, LONGEST_ENTRY).replace(/\p{Surrogate}$/u, "")} …` : text;
  return kept.replace(UNPRINTABLE, visible);
}

function visible(character: string): string {
  const escaped = JSON.stringify(character).slice(1, -1);
  if (escaped !== character) return escaped;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
