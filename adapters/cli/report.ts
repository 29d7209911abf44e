/**
 * How a command speaks: results on standard output; errors, warnings, notes and progress beside
 * it. With `--json` both carry JSON only.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import type { Complaint } from "../config/complaints/config_error.ts";
import { type Colour, inColour, showsColours } from "./colours.ts";
import { cutTo } from "./columns.ts";
import { ConfigurationError, UsageError } from "./exit.ts";
import { printableJson, printableLine } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** What every command can be asked for. */
export interface Style {
  /** JSON, and nothing else on standard output. */
  readonly json?: boolean;
  /** Errors and what was asked for, and nothing else. */
  readonly quiet?: boolean;
  /** Errors with everything that is known of them. */
  readonly debug?: boolean;
}

/** An error as `--json` shows it. */
export interface ErrorJson {
  /** The code of an `ArchiveError`, `Usage`, or `Unexpected`. */
  readonly code: string;
  /** One line. */
  readonly message: string;
  /** All that is wrong with the configuration; only where something is. */
  readonly complaints?: readonly Complaint[];
}

type Label = "error" | "warning" | "note";

const COLOURS: Readonly<Record<Label, Colour>> = { error: "red", warning: "yellow", note: "cyan" };
const CLEAR_LINE = "\r\u001b[2K";

/** Says what there is to say, one thing after the other. */
export class Report {
  readonly #terminal: Terminal;
  readonly style: Style;
  #live = "";

  /**
   * @param terminal Where to.
   * @param style How.
   */
  constructor(terminal: Terminal, style: Style) {
    this.#terminal = terminal;
    this.style = style;
  }

  /** Columns to fit tables into; undefined where nobody looks. */
  get columns(): number | undefined {
    return this.#terminal.stdout.columns;
  }

  /** Whether a line that changes has somebody to see it. */
  get showsProgress(): boolean {
    return this.#terminal.stderr.isTerminal && !this.style.quiet;
  }

  /**
   * What was asked for, as it is.
   *
   * @param data Text, which must be printable, or bytes.
   */
  async print(data: string | Uint8Array): Promise<void> {
    await this.#withoutLive(() => this.#terminal.stdout.write(data));
  }

  /**
   * What was asked for, as JSON.
   *
   * @param value Anything JSON can hold.
   */
  async json(value: unknown): Promise<void> {
    await this.print(`${printableJson(value, 2)}\n`);
  }

  /**
   * What was done, for a person.
   *
   * @param line Any text.
   */
  async say(line: string): Promise<void> {
    if (!this.style.json && !this.style.quiet) await this.print(`${printableLine(line)}\n`);
  }

  /** What is good to know. */
  async note(line: string): Promise<void> {
    if (!this.style.quiet) await this.#aside("note", line, printableLine(line));
  }

  /** What should be looked at. */
  async warn(line: string): Promise<void> {
    if (!this.style.quiet) await this.#aside("warning", line, printableLine(line));
  }

  /** What went wrong. */
  async error(error: unknown): Promise<void> {
    if (error instanceof AggregateError) {
      for (const one of error.errors) await this.error(one);
      return;
    }
    await this.#aside("error", errorJson(error), errorText(error));
    if (this.style.debug) await this.#withoutLive(() => this.#stderr(`${everythingOf(error)}\n`));
  }

  /**
   * Shows a line that the next one replaces, if anybody looks; nothing removes it.
   *
   * @param line Printable text.
   */
  async live(line = ""): Promise<void> {
    if (!this.showsProgress || (line === "" && this.#live === "")) return;
    this.#live = cutTo(line, Math.max(1, (this.#terminal.stderr.columns ?? 80) - 1));
    await this.#stderr(CLEAR_LINE + this.#live);
  }

  async #aside(label: Label, json: string | ErrorJson, text: string): Promise<void> {
    const said = this.style.json
      ? printableJson({ [label]: json })
      : `${this.#coloured(label)} ${text}`;
    await this.#withoutLive(() => this.#stderr(`${said}\n`));
  }

  #coloured(label: Label): string {
    const isColoured = showsColours(this.#terminal.stderr, this.#terminal);
    return isColoured ? inColour(`${label}:`, COLOURS[label]) : `${label}:`;
  }

  async #withoutLive(write: () => Promise<void>): Promise<void> {
    const live = this.#live;
    if (live) await this.#stderr(CLEAR_LINE);
    await write();
    if (live) await this.#stderr(live);
  }

  #stderr(text: string): Promise<void> {
    return this.#terminal.stderr.write(text);
  }
}

/**
 * An error as code and message.
 *
 * @param error Anything that was thrown.
 */
export function errorJson(error: unknown): ErrorJson {
  if (isArchiveError(error)) return { code: error.code, message: error.message };
  if (error instanceof ConfigurationError) {
    // The lines behind the first one are the complaints.
    const [message] = error.message.split(":\n");
    return { code: "Invalid", message, complaints: error.complaints };
  }
  if (error instanceof UsageError) return { code: "Usage", message: error.message };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "Unexpected", message: `${message} (--debug shows where)` };
}

/** An error for people: one line, unless it is about several places of the configuration. */
function errorText(error: unknown): string {
  return error instanceof ConfigurationError
    ? error.message.split("\n").map(printableLine).join("\n")
    : printableLine(errorJson(error).message);
}

/** Stack and causes. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\ncaused by: ${everythingOf(error.cause)}`;
}
