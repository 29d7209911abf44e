/**
 * As much XML as S3 speaks: written from texts, read into plain elements.
 *
 * @module
 */
import { refusal } from "./errors.ts";

/** The namespace of S3's own documents. */
export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** The namespace of the token service's documents. */
export const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const SPECIAL = /[&<>"'\p{Cc}]/gu;

/**
 * Escapes a text; control characters go out as references, as AWS sends them.
 *
 * @param text Any text.
 */
export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (one) => ENTITIES[one] ?? `&#${one.charCodeAt(0)};`);
}

/**
 * An element that holds a text.
 *
 * @param name The element's name.
 * @param text What it holds; undefined leaves the element out.
 */
export function leaf(name: string, text: string | number | boolean | undefined): string {
  return text === undefined ? "" : `<${name}>${escapeXml(String(text))}</${name}>`;
}

/**
 * An element that holds others.
 *
 * @param name The element's name.
 * @param children Written elements, in order.
 */
export function node(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join("")}</${name}>`;
}

/**
 * A whole document.
 *
 * @param name The root's name.
 * @param children Written elements, in order.
 * @param namespace The root's namespace; S3's own by default, none when empty.
 */
export function document(
  name: string,
  children: readonly string[],
  namespace: string = S3_NAMESPACE,
): string {
  const xmlns = namespace === "" ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${xmlns}>${children.join("")}</${name}>`;
}

/** An element as read. */
export interface Element {
  /** Its name, without a namespace's prefix. */
  readonly name: string;
  /** Its own text, unescaped. */
  text: string;
  /** The elements in it. */
  readonly children: Element[];
}

const TOKEN = /<\?[^]*?\?>|<!--[^]*?-->|<(\/?)([^\s/>]+)[^>]*?(\/?)>|([^<]+)/gy;

/**
 * Reads a document.
 *
 * @param text The document.
 * @returns Its root.
 * @throws S3Error `MalformedXML` when it is not well-formed.
 */
export function parseXml(text: string): Element {
  const root: Element = { name: "", text: "", children: [] };
  const open = [root];
  let read = 0;
  for (const [token, closing, tag, empty, content] of text.matchAll(TOKEN)) {
    read += token.length;
    const current = open[open.length - 1];
    if (content !== undefined) current.text += unescape(content);
    else if (tag === undefined) continue;
    else if (closing) closeElement(open, localName(tag));
    else {
      const element: Element = { name: localName(tag), text: "", children: [] };
      current.children.push(element);
      if (!empty) open.push(element);
    }
  }
  if (read !== text.length || open.length !== 1 || root.children.length !== 1) {
    throw refusal("MalformedXML");
  }
  return root.children[0];
}

function closeElement(open: Element[], name: string): void {
  if (open.length < 2 || open.pop()?.name !== name) throw refusal("MalformedXML");
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

function unescape(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(parseInt(decimal, 10));
    const found = Object.entries(ENTITIES).find(([, entity]) => entity === `&${name};`);
    return found?.[0] ?? whole;
  });
}

/**
 * The text of a child.
 *
 * @param element Where to look.
 * @param name The child's name.
 */
export function textOf(element: Element, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}
