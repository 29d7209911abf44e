/**
 * Text in columns of a terminal: how wide it is, cutting it, and tables.
 *
 * @module
 */

/** What takes two columns: East Asian letters and signs, and emoji. */
const WIDE =
  /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const HALF_WIDTH = /^[\uff61-\uffdc]/;
/** What takes none of its own. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const ASCII = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/** What a reader sees as one character each. */
function* characters(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && !HALF_WIDTH.test(character) ? 2 : 1;
}

/**
 * How many columns a line takes.
 *
 * @param line Printable text without line feeds.
 */
export function widthOf(line: string): number {
  if (ASCII.test(line)) return line.length;
  let width = 0;
  for (const character of characters(line)) width += characterWidth(character);
  return width;
}

/**
 * Cuts a line to a width; what was cut shows as `…`.
 *
 * @param line Printable text without line feeds.
 * @param width Columns; at least 1.
 */
export function cutTo(line: string, width: number): string {
  return widthOf(line) <= width ? line : `${taken([...characters(line)], width - 1).join("")}…`;
}

/**
 * Cuts a line to a width at its beginning, as the end of a path says most.
 *
 * @param line Printable text without line feeds.
 * @param width Columns; at least 1.
 */
export function cutStartTo(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  const backwards = taken([...characters(line)].reverse(), width - 1);
  return `…${backwards.reverse().join("")}`;
}

/** As many of the first characters as fit. */
function taken(all: readonly string[], width: number): string[] {
  let left = width;
  const end = all.findIndex((character) => (left -= characterWidth(character)) < 0);
  return end < 0 ? [...all] : all.slice(0, end);
}

/** One column of a table. */
export interface Column {
  /** What stands above it. */
  readonly name: string;
  /** Numbers stand to the right. */
  readonly align?: "right";
  /** The least it may be cut to where the terminal is narrow; never cut when left out. */
  readonly least?: number;
  /** Which end is cut off; the end by default. */
  readonly cut?: "start";
}

const GAP = "  ";

/**
 * A table as lines. Where it is wider than it may be, the last columns that can be cut give way
 * first; the first column is never cut, as it names what can be asked for.
 *
 * @param columns The columns.
 * @param rows Cells, printable and without line feeds; as many a row as there are columns.
 * @param width Columns of the terminal; unlimited when left out.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const lines = [columns.map(({ name }) => name), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((row) => widthOf(row[index]))));
  const gaps = GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, one) => sum + one, 0) + gaps - width;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
    const least = columns[index].least ?? widths[index];
    const given = Math.max(0, Math.min(excess, widths[index] - least));
    widths[index] -= given;
    excess -= given;
  }
  const room = Math.max(width, widths[0]);
  return lines.map((row) => {
    const cells = row.map((cell, index) => fitted(cell, widths[index], columns[index]));
    return cutTo(cells.join(GAP).trimEnd(), room);
  });
}

function fitted(cell: string, width: number, { align, cut }: Column): string {
  const text = cut === "start" ? cutStartTo(cell, width) : cutTo(cell, width);
  const space = " ".repeat(width - widthOf(text));
  return align === "right" ? space + text : text + space;
}
