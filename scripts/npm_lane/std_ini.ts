/**
 * Stands in for `@std/ini` where JSR cannot be reached: js-ini, which like it takes section names
 * whole and cuts no value at `;` or `#`, with the differences that matter here evened out.
 *
 * Left as it is: a section that occurs twice is joined here, and replaced there.
 *
 * @module
 */
import { parse as read, ParsingError, ProtoError } from "js-ini";

/** The options of {@linkcode parse}. */
export interface ParseOptions {
  /** Turns a value's text into what it means; by default numbers, booleans and null are known. */
  reviver?: (key: string, value: string, section?: string) => unknown;
}

/**
 * Reads an INI file.
 *
 * @param text The text.
 * @param options How to read values.
 * @returns Sections as objects, and the values before the first section.
 */
export function parse(text: string, options: ParseOptions = {}): object {
  const revive = options.reviver ?? plainValue;
  try {
    return read(text, {
      comment: [";", "#", "//"],
      autoTyping: (value, section, key) => revive(key, value, String(section) || undefined),
    });
  } catch (error) {
    if (!(error instanceof ParsingError || error instanceof ProtoError)) throw error;
    // Neither its message nor the error as a cause: both quote the line, which may hold a secret.
    throw new SyntaxError(`Unexpected text in INI at line ${error.lineNumber}`);
  }
}

function plainValue(_key: string, value: string): unknown {
  if (!Number.isNaN(Number(value)) && !value.includes('"')) return Number(value);
  if (value === "null") return null;
  if (value === "true" || value === "false") return value === "true";
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
