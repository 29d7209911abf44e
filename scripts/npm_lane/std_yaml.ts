/**
 * Stands in for `@std/yaml` where JSR cannot be reached: js-yaml 4, which `@std/yaml` was ported
 * from, with the differences that matter here evened out.
 *
 * Left as they are: octals (`012`) and digit groups (`1_000`), which js-yaml reads as YAML 1.2 has
 * them. A configuration should not depend on either.
 *
 * @module
 */
// @ts-types="@types/js-yaml"
import { dump, load, YAMLException } from "js-yaml";

/** The options of {@linkcode stringify} that both know. */
export interface StringifyOptions {
  /** Spaces a level; 2 by default. */
  indent?: number;
  /** Where long text is folded, in characters; 80 by default, -1 for never. */
  lineWidth?: number;
  /** Sorts the keys of maps. */
  sortKeys?: boolean;
  /** Leaves out what YAML cannot say, such as functions, instead of failing. */
  skipInvalid?: boolean;
}

/**
 * Reads one YAML document.
 *
 * @param content The text.
 * @returns Its value; null when there is none in it.
 */
export function parse(content: string): unknown {
  try {
    return load(content) ?? null;
  } catch (error) {
    throw error instanceof YAMLException ? asSyntaxError(error) : error;
  }
}

/**
 * Writes a value as YAML.
 *
 * @param data The value.
 * @param options How.
 * @returns The text, ending in a line feed.
 */
export function stringify(data: unknown, options?: StringifyOptions): string {
  return dump(data, options);
}

function asSyntaxError(error: YAMLException): SyntaxError {
  const { reason, mark } = error;
  const place = mark
    ? ` at line ${mark.line + 1}, column ${mark.column + 1}:\n${mark.snippet}`
    : "";
  return new SyntaxError(`${reason}${place}`, { cause: error });
}
