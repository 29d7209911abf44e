/**
 * The pieces that the configuration's schema is made of: values with one sentence on what is
 * allowed, which holds for whatever is wrong with them.
 *
 * @module
 */
import { z } from "zod";
import { DURATION, milliseconds } from "./durations.ts";

/** What a text has to be like. */
export interface TextDemand {
  /** What it has to match; for editors at least. */
  readonly pattern: RegExp;
  /** What is allowed, as an imperative; never a part of what was written. */
  readonly allowed: string;
  /** What is wrong with a text, told better than by the pattern. */
  readonly fault?: (text: string) => string | undefined;
  /** What it is for. */
  readonly about?: string;
  /** Values that editors may offer. */
  readonly examples?: readonly string[];
}

/**
 * A text that is checked.
 *
 * @param demand What it has to be like.
 */
export function checkedText({ pattern, allowed, fault, about, examples }: TextDemand): z.ZodString {
  const judge = fault ?? ((text: string) => pattern.test(text) ? undefined : allowed);
  return z.string({ error: allowed }).superRefine((text, context) => {
    const message = judge(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }).meta({
    pattern: pattern.source,
    ...(about !== undefined && { description: about }),
    ...(examples && { examples }),
  });
}

/**
 * One of several words.
 *
 * @param words The words.
 * @param about What they decide.
 */
export function choice<const Word extends string>(
  words: readonly Word[],
  about: string,
): z.ZodEnum<{ [key in Word]: key }> {
  const last = words.length - 1;
  const others = last > 0 ? `${words.slice(0, last).join(", ")} or ` : "";
  const allowed = `give ${others}${words[last]}`;
  return z.enum(words, { error: allowed }).meta({ description: about });
}

/**
 * Yes or no.
 *
 * @param about What it decides.
 */
export function decision(about: string): z.ZodBoolean {
  return z.boolean({ error: "give true or false" }).meta({ description: about });
}

/**
 * A length of time within limits, in milliseconds when read.
 *
 * @param most The longest, as it is written.
 * @param about What it is for.
 */
export function duration(
  most: string,
  about: string,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const allowed = `give a duration with its unit, such as 500ms, 10s or 2m, up to ${most}`;
  const limit = milliseconds(most) ?? 0;
  const text = checkedText({
    pattern: DURATION,
    allowed,
    fault: (written) => (milliseconds(written) ?? Infinity) <= limit ? undefined : allowed,
    about,
    examples: ["500ms", "10s", "1m"],
  });
  return text.transform((written) => milliseconds(written) ?? 0);
}

/**
 * A whole number.
 *
 * @param least The smallest that is allowed.
 * @param most The largest.
 * @param about What it is.
 */
export function count(least: number, most: number, about: string): z.ZodNumber {
  const error = `give a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
    .meta({ description: about });
}
