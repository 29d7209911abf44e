/**
 * The members of a JSON object as they stand in its text, so that they can be rearranged without
 * touching a digit of any number.
 *
 * @module
 */

/**
 * Splits an object's text into its own members.
 *
 * @param text The text of a JSON object, known to be valid.
 * @returns Name and value text of each, in order; the last one of a name counts, in the place of
 * the first, as `JSON.parse` has it.
 */
export function jsonMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.indexOf("{") + 1;
  while (true) {
    const nameStart = text.indexOf('"', at);
    if (nameStart === -1) return members;
    const nameEnd = stringEnd(text, nameStart);
    const valueStart = text.indexOf(":", nameEnd) + 1;
    const valueEnd = endOfValue(text, valueStart);
    const name = JSON.parse(text.slice(nameStart, nameEnd)) as string;
    members.set(name, text.slice(valueStart, valueEnd).trim());
    if (text[valueEnd] === "}") return members;
    at = valueEnd + 1;
  }
}

/**
 * Puts members together again.
 *
 * @param members Name and value text of each; undefined ones are left out.
 */
export function jsonObject(members: Iterable<readonly [string, string | undefined]>): string {
  const texts: string[] = [];
  for (const [name, value] of members) {
    if (value !== undefined) texts.push(`${JSON.stringify(name)}:${value}`);
  }
  return `{${texts.join(",")}}`;
}

/** Where the comma or brace after a value stands. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from;; at++) {
    switch (text[at]) {
      case '"':
        at = stringEnd(text, at) - 1;
        break;
      case "{":
      case "[":
        depth++;
        break;
      case "}":
      case "]":
        if (depth === 0) return at;
        depth--;
        break;
      case ",":
        if (depth === 0) return at;
    }
  }
}

/** Where the string that begins at `from` has ended. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
