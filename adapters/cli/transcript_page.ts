/**
 * One page of a conversation that is too long to read at once.
 *
 * Positions are characters (UTF-16 units) of the conversation as it is written in one format. A
 * page is full with so many characters, or with so many lines where these are limited, too. It ends
 * between messages where that leaves it at least half full. Else the next message is cut, and the
 * next page goes on where the cut was.
 *
 * @module
 */

/** Which page. */
export interface PageRequest {
  /** Where it begins. */
  readonly offset: number;
  /** How many characters it has at most; 1 or more. */
  readonly limit: number;
  /** How many lines it has at most; 1 or more, as many as it likes when left out. */
  readonly lines?: number;
}

/** A page. */
export interface TranscriptPage {
  /** What stands on it. */
  readonly text: string;
  /** Where it begins. */
  readonly offset: number;
  /** Where the next one begins; null when this is the last. */
  readonly next: number | null;
  /** How many characters the whole conversation has. */
  readonly total: number;
  /** Whether its end is in the middle of a message, which goes on with the next page. */
  readonly cut: boolean;
}

/** How many characters a page has when nobody says. */
export const PAGE_LIMIT = 20_000;

/**
 * Takes one page out of a conversation. All of it is read, so that its hash is checked and its
 * length known, and never more of it held than a page and a message.
 *
 * @param messages The conversation, one message a piece; what stands above it is the first piece.
 * @param request Which page.
 * @returns The page; empty where it begins behind the end.
 */
export async function pageOf(
  messages: AsyncIterable<string>,
  { offset, limit, lines = Infinity }: PageRequest,
): Promise<TranscriptPage> {
  let text = "";
  let ended = 0;
  let total = 0;
  let cut = false;
  let full = false;
  for await (const message of messages) {
    const before = total;
    total += message.length;
    if (full || total <= offset) continue;
    const rest = message.slice(Math.max(0, offset - before));
    const inLines = firstLines(rest, lines - ended);
    full = text.length + rest.length > limit || inLines.length < rest.length;
    if (!full) {
      text += rest;
      ended += rest.split("\n").length - 1;
    } else if (text.length < limit / 2 && ended < lines / 2) {
      const part = beginningOf(inLines, limit - text.length);
      cut = part.length < rest.length;
      text += part;
    }
  }
  const end = offset + text.length;
  return { text, offset, next: end < total ? end : null, total, cut };
}

/** As many lines of a text, or all of it. */
function firstLines(text: string, count: number): string {
  let end = 0;
  for (let line = 0; line < count; line++) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0) return text;
  }
  return text.slice(0, end);
}

/** What fits, whole lines where that leaves at least half a page, and never half a character. */
function beginningOf(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const line = text.lastIndexOf("\n", limit - 1) + 1;
  if (line > limit / 2) return text.slice(0, line);
  const last = text.charCodeAt(limit - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  if (!isHalf) return text.slice(0, limit);
  return text.slice(0, limit > 1 ? limit - 1 : 2);
}
