/**
 * Where everything stands in a JSON text, so that a piece can be put in or taken out and every other
 * character stays as it is: white space, comments, and the order of keys.
 *
 * @module
 */

/** A value and where it stands: from `start` up to and without `end`. */
export interface JsonNode {
  readonly start: number;
  readonly end: number;
  /** What it says. */
  readonly value: unknown;
  /** What it holds, in order; undefined for what can hold nothing. */
  readonly items?: readonly JsonItem[];
  /** Whether these have keys. */
  readonly isObject?: boolean;
}

/** One of the values in an object or an array. */
export interface JsonItem {
  /** Where it begins: at its key, if it has one. */
  readonly start: number;
  /** Its key in an object. */
  readonly key?: string;
  readonly node: JsonNode;
  /** Where the comma behind it stands. */
  readonly comma?: number;
}

/** White space and comments. */
const BLANK = /(?:[ \t\r\n\ufeff]|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const TEXT = /"(?:[^"\\]|\\[^])*"/y;
const WORD = /[-+.\w]+/y;

/**
 * Reads a text: JSON, in which comments and a comma behind the last item may stand.
 *
 * @param text The whole text.
 * @throws {SyntaxError} For anything else.
 */
export function jsonTree(text: string): JsonNode {
  const reader = new Reader(text);
  const node = reader.node();
  if (reader.blank() < text.length) throw new SyntaxError("something stands behind the end");
  return node;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes on to what is neither white space nor a comment. */
  blank(): number {
    this.#match(BLANK);
    return this.#at;
  }

  node(): JsonNode {
    const start = this.blank();
    if (this.#take("{")) return this.#container(start, "}");
    if (this.#take("[")) return this.#container(start, "]");
    const value: unknown = JSON.parse(this.#match(TEXT) ?? this.#match(WORD) ?? "");
    return { start, end: this.#at, value };
  }

  #container(start: number, close: "}" | "]"): JsonNode {
    const items: JsonItem[] = [];
    let isMore = true;
    while (this.blank() >= 0 && !this.#take(close)) {
      if (!isMore) throw new SyntaxError(`there is no comma at ${this.#at}`);
      const at = this.#at;
      const key = close === "}" ? this.#key() : undefined;
      const node = this.node();
      const comma = this.blank();
      isMore = this.#take(",");
      items.push({ start: at, key, node, ...(isMore && { comma }) });
    }
    const isObject = close === "}";
    const value = isObject
      ? Object.fromEntries(items.map(({ key, node }) => [key, node.value]))
      : items.map(({ node }) => node.value);
    return { start, end: this.#at, value, items, isObject };
  }

  #key(): string {
    const key: string = JSON.parse(this.#match(TEXT) ?? "");
    this.blank();
    if (!this.#take(":")) throw new SyntaxError(`there is no colon at ${this.#at}`);
    return key;
  }

  #take(sign: string): boolean {
    const is = this.#text[this.#at] === sign;
    if (is) this.#at++;
    return is;
  }

  #match(what: RegExp): string | undefined {
    what.lastIndex = this.#at;
    const found = what.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
