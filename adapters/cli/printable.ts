/**
 * Text from sessions made safe to show: a title or a tool's output must never move the cursor,
 * change the window or turn the reading direction of a terminal.
 *
 * @module
 */

/** Colours and the like, which programs print and which say nothing about the content. */
const COLOURS = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;:]*m`, "g");
/** Control characters, and those that reorder what stands around them. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * One line: line breaks and tabs become spaces, everything unsafe a visible sign.
 *
 * @param text Any text.
 */
export function printableLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(UNSAFE, visible);
}

/**
 * Text of several lines: line feeds and tabs stay, colours go, everything unsafe becomes a visible
 * sign.
 *
 * @param text Any text.
 */
export function printableText(text: string): string {
  return text.replace(COLOURS, "").replaceAll("\r\n", "\n")
    .replace(UNSAFE, (sign) => sign === "\n" || sign === "\t" ? sign : visible(sign));
}

/**
 * JSON whose text is safe to show and means the same.
 *
 * @param value Anything JSON can hold.
 * @param indent Spaces an inner level is set in by; none for one line.
 */
export function printableJson(value: unknown, indent = 0): string {
  const escape = (sign: string) =>
    sign === "\n" ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, escape);
}

/** Controls have pictures of their own; the rest gets the sign for what cannot be shown. */
function visible(sign: string): string {
  const code = sign.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
