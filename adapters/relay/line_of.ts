/**
 * Messages of several lines, such as those about a configuration, where there is room for one.
 *
 * @module
 */

/**
 * A message on one line. What stood on lines of its own is still told apart.
 *
 * @param message Any.
 */
export function lineOf(message: string): string {
  return message.trim().replace(/:\s*\n\s*/g, ": ").replace(/\s*\n\s*/g, "; ");
}
