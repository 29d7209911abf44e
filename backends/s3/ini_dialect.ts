/**
 * The INI dialect of the AWS tools, brought into plain INI: nested values become dotted keys, inline
 * comments and continuation lines go, and sections that occur twice are joined.
 *
 * Pure. What the values mean is read elsewhere.
 *
 * @module
 */

/** Plain INI, and where it came from. */
export interface PlainIni {
  /** Sections, each once, with lower-case keys; no comment, no nesting. */
  readonly text: string;
  /** For each line of `text`, the line of the original that it came from, from 1. */
  readonly origins: readonly number[];
}

/** A line that no AWS tool understands. Its text is not kept: it may be a secret. */
export class UnreadableLine extends Error {
  /** Its number, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly reason: string;

  /**
   * @param line Its number, from 1.
   * @param reason What is wrong with it.
   */
  constructor(line: number, reason: string) {
    super(`line ${line} ${reason}`);
    this.line = line;
    this.reason = reason;
  }
}

interface Entry {
  readonly key: string;
  readonly line: number;
  readonly indent: number;
  value: string;
}

/**
 * Rewrites a file of the dialect as plain INI.
 *
 * ```text
 * [services dev] ; ours          [services dev]
 * s3 =                      →    s3=
 *   endpoint_url = http://x      s3.endpoint_url=http://x
 * ```
 *
 * A nested line is one that is indented deeper than the key without a value before it. Other
 * indented lines are keys like all others, as the SDK for JavaScript has them, or, without a `=`,
 * continue the value before them.
 *
 * @param text The file.
 * @param nameOf The name under which a section shall stand, by the one it has in the file.
 * @throws UnreadableLine For a line that is no section, no value and no comment.
 */
export function plainIni(text: string, nameOf: (header: string) => string): PlainIni {
  const sections = new Map<string, Entry[]>();
  let section: Entry[] | undefined;
  let opener: Entry | undefined;
  for (const [index, raw] of text.replace(/^\uFEFF/, "").split(/\r\n?|\n/).entries()) {
    const line = index + 1;
    const content = raw.replace(/(^|\s)[;#].*$/, "").trim();
    if (content === "") continue;
    if (content.startsWith("[")) {
      const name = nameOf(headerOf(content, line));
      section = sections.get(name) ?? [];
      sections.set(name, section);
      opener = undefined;
      continue;
    }
    if (section === undefined) throw new UnreadableLine(line, "stands before any [section]");
    const indent = columns(raw);
    const last = section.at(-1);
    if (!content.includes("=") && indent > 0 && last !== undefined) {
      last.value = `${last.value} ${content}`.trim();
      continue;
    }
    const entry = entryOf(content, line, indent);
    if (opener !== undefined && indent > opener.indent) {
      section.push({ ...entry, key: `${opener.key}.${entry.key}` });
    } else {
      section.push(entry);
      opener = entry.value === "" ? entry : undefined;
    }
  }
  return written(sections);
}

function headerOf(content: string, line: number): string {
  const name = /^\[([^\]]*)\]\s*([;#].*)?$/.exec(content)?.[1].trim();
  if (!name) throw new UnreadableLine(line, "is no whole [section]");
  return name;
}

function entryOf(content: string, line: number, indent: number): Entry {
  const at = content.indexOf("=");
  if (at < 0) throw new UnreadableLine(line, 'has no "="');
  const key = content.slice(0, at).trim().toLowerCase();
  if (key === "") throw new UnreadableLine(line, 'has nothing before its "="');
  return { key, line, indent, value: content.slice(at + 1).trim() };
}

/** How far a line is indented; a tab reaches to the next multiple of eight. */
function columns(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === "\t") column += 8 - column % 8;
    else if (/\s/.test(char)) column++;
    else break;
  }
  return column;
}

function written(sections: ReadonlyMap<string, readonly Entry[]>): PlainIni {
  const lines: string[] = [];
  const origins: number[] = [];
  for (const [name, entries] of sections) {
    lines.push(`[${name}]`);
    origins.push(entries[0]?.line ?? 0);
    for (const { key, value, line } of entries) {
      lines.push(`${key}=${value}`);
      origins.push(line);
    }
  }
  return { text: lines.join("\n"), origins };
}
