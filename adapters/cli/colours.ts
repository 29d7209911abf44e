/**
 * Colours for whoever sees them.
 *
 * @module
 */
import type { Output, Terminal } from "./terminal.ts";

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;

/** The colours there are. */
export type Colour = keyof typeof CODES;

/**
 * Whether a text may be coloured.
 *
 * @param output Where it is shown.
 * @param terminal Knows what its user wishes.
 */
export function showsColours(output: Output, { env }: Pick<Terminal, "env">): boolean {
  return output.isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
}

/**
 * A text in a colour.
 *
 * @param text Printable text.
 * @param colour Which.
 */
export function inColour(text: string, colour: Colour): string {
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
