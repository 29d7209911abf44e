/**
 * Reading values that came from outside and may be anything.
 *
 * @module
 */

/**
 * Whether a value has fields: an object, and no array.
 *
 * @param value Anything.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The fields of an object; of anything else none.
 *
 * @param value Anything.
 */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/**
 * The value that a text is in JSON.
 *
 * @param text Anything.
 * @returns Undefined for what is no JSON.
 */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
