/**
 * Text of several lines where there is room for one.
 *
 * @module
 */

/**
 * A text with single spaces in place of line breaks and whatever else is white.
 *
 * @param text Any text.
 */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/**
 * How a text begins; what was cut off shows as `…`.
 *
 * @param text Any text.
 * @param most How many characters (UTF-16 units) it may have at most; 1 or more.
 */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  // Never half a character.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
