/**
 * Which chance a test is to have: another each time, unless somebody wants to know what it depends on.
 *
 * @module
 */
import process from "node:process";

/** CI's: any number, as long as it stays. */
const SAME = 1;

/**
 * The seed that a variable of the environment names, or that of CI; nothing where chance is free.
 *
 * @param variable Its name.
 */
export function wantedSeed(variable: string): number | undefined {
  return givenSeed(variable) ?? (process.env.CI ? SAME : undefined);
}

/**
 * The seed that a variable of the environment names.
 *
 * @param variable Its name.
 */
export function givenSeed(variable: string): number | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new Error(`${variable} is ${JSON.stringify(text)}; give a whole number, 0 or more`);
}
