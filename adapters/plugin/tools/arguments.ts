/**
 * The arguments of tools: their kinds, and reading what models send.
 *
 * OpenCode hands over what a model wrote as it is, so that wrong values, strings for numbers, nulls
 * and empty texts for "not given" arrive here. What can be meant only one way is taken so; the rest
 * is refused with a sentence that says what is allowed.
 *
 * @module
 */
import { shortened } from "../../../core/one_line.ts";
import { type HostSchema, hostSchema, type JsonSchema } from "./host_schema.ts";

/** One argument. */
export interface Argument<T> {
  /** Says what it is for OpenCode, which shows it to the model. */
  readonly schema: HostSchema;
  /**
   * Reads what came.
   *
   * @param value Anything.
   * @param name What the argument is called.
   * @throws {WrongArgument} When it can never work.
   */
  read(value: unknown, name: string): T;
}

/** The arguments of one tool, by name. */
export type Arguments = Readonly<Record<string, Argument<unknown>>>;

/** Their values. */
export type Values<A extends Arguments> = {
  readonly [Name in keyof A]: A[Name] extends Argument<infer T> ? T : never;
};

/** An argument that can never work. Its message is a sentence for a model. */
export class WrongArgument extends Error {
  /** Always `"WrongArgument"`. */
  override readonly name = "WrongArgument";
}

/**
 * Reads all arguments of a call. Unknown ones are ignored.
 *
 * @param known Those of the tool.
 * @param given What came.
 * @throws {WrongArgument} For the first that is wrong.
 */
export function readArguments<A extends Arguments>(known: A, given: unknown): Values<A> {
  const fields: Readonly<Record<string, unknown>> = { ...Object(given) };
  const values = Object.entries(known).map(([name, argument]) =>
    [name, argument.read(Object.hasOwn(fields, name) ? fields[name] : undefined, name)] as const
  );
  return Object.fromEntries(values) as Values<A>;
}

/** What a kind of argument takes a value for; undefined when it can be none of the kind. */
type Reading<T> = (value: unknown) => T | undefined;

function optional<T>(json: JsonSchema, allowed: string, read: Reading<T>): Argument<T | undefined> {
  return {
    schema: hostSchema(json, false),
    read(value, name) {
      if (isMissing(value)) return undefined;
      const found = read(value);
      if (found === undefined) throw wrong(name, value, allowed);
      return found;
    },
  };
}

/** Models send all of these when they mean nothing. */
function isMissing(value: unknown): boolean {
  return value === undefined || value === null ||
    (typeof value === "string" && /^\s*(null|undefined)?\s*$/.test(value));
}

function wrong(name: string, value: unknown, allowed: string): WrongArgument {
  const shown = shortened(JSON.stringify(value) ?? String(value), 100);
  return new WrongArgument(`${name} is ${shown}; it must be ${allowed}.`);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.trim() : undefined;
}

/**
 * A text that may be left out.
 *
 * @param description What it is, for models.
 */
export function text(description: string): Argument<string | undefined> {
  return optional({ type: "string", description }, "a text", textOf);
}

/**
 * A text that must be given.
 *
 * @param description What it is, for models.
 * @param allowed What it must be, as in "it must be …".
 */
export function requiredText(description: string, allowed: string): Argument<string> {
  return {
    schema: hostSchema({ type: "string", description }, true),
    read(value, name) {
      if (isMissing(value)) throw new WrongArgument(`${name} is missing; it must be ${allowed}.`);
      const found = textOf(value);
      if (found === undefined) throw wrong(name, value, allowed);
      return found;
    },
  };
}

/**
 * A whole number that may be left out.
 *
 * @param description What it is, for models.
 * @param least The smallest.
 * @param most The largest.
 */
export function wholeNumber(
  description: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): Argument<number | undefined> {
  const hasMost = most < Number.MAX_SAFE_INTEGER;
  const range = hasMost ? `from ${least} to ${most}` : `of ${least} or more`;
  const json: JsonSchema = {
    type: "integer",
    description,
    minimum: least,
    ...(hasMost && { maximum: most }),
  };
  return optional(json, `a whole number ${range}`, (value) => {
    const number = typeof value === "string" ? Number(value) : value;
    const fits = typeof number === "number" && Number.isSafeInteger(number) &&
      number >= least && number <= most;
    return fits ? number : undefined;
  });
}

/**
 * One of some words; may be left out.
 *
 * @param description What it is, for models.
 * @param words Those that are allowed.
 */
export function choice<W extends string>(
  description: string,
  words: readonly W[],
): Argument<W | undefined> {
  const json: JsonSchema = { type: "string", description, enum: words };
  return optional(json, `one of ${words.join(", ")}`, (value) => {
    const word = textOf(value)?.toLowerCase();
    return words.find((one) => one === word);
  });
}

/**
 * Yes or no; no when it is left out.
 *
 * @param description What yes means, for models.
 */
export function decision(description: string): Argument<boolean> {
  const { schema, read } = optional({ type: "boolean", description }, "true or false", (value) => {
    if (typeof value === "boolean") return value;
    const word = textOf(value)?.toLowerCase();
    if (word === "true" || word === "yes" || word === "1") return true;
    return word === "false" || word === "no" || word === "0" ? false : undefined;
  });
  return { schema, read: (value, name) => read(value, name) ?? false };
}

/**
 * A day; may be left out.
 *
 * @param description What it is, for models.
 */
export function day(description: string): Argument<string | undefined> {
  const allowed = "a day as 2026-11-22 or a date-time as 2026-11-22T09:30:00Z";
  return optional({ type: "string", description }, allowed, (value) => {
    const given = textOf(value);
    return given !== undefined && isMoment(given) ? given : undefined;
  });
}

const MOMENT = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `Date` takes the 31st of February for the 3rd of March. */
function isMoment(given: string): boolean {
  const date = given.slice(0, "2026-11-22".length);
  const midnight = new Date(`${date}T00:00:00Z`);
  return MOMENT.test(given) && !Number.isNaN(Date.parse(given)) &&
    !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
