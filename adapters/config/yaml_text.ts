/**
 * YAML read into values, with errors that quote nothing of the text: any line may hold a secret.
 *
 * @module
 */
import { parse } from "@std/yaml";
import { ConfigError } from "./complaints/config_error.ts";

/**
 * Reads the text of a configuration.
 *
 * @param text YAML, one document.
 * @param path The file, for errors.
 * @throws {ConfigError} When it is not YAML, or empty.
 */
export function parseYaml(text: string, path: string): unknown {
  const tree = attempt(text, path);
  if (tree !== null && tree !== undefined) return tree;
  const message = "is empty; write at least backends: {default: {type: file, path: ~/archives}}";
  throw new ConfigError(path, [{ at: "", message }]);
}

function attempt(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message.split("\n", 1)[0] : "";
    const [, line, column] = / at line (\d+), column (\d+):?$/.exec(said) ?? [];
    const place = line === undefined ? "" : `line ${line}, column ${column}: `;
    // Without the cause, which quotes the text.
    throw new ConfigError(path, [{ at: "", message: place + meaningOf(said) }]);
  }
}

/**
 * What a parser's message means, by what both parsers say. The message itself is not shown, for
 * some quote aliases and tags, which a secret that begins with `*` or `!` is taken for.
 */
function meaningOf(said: string): string {
  return MEANINGS.find(([pattern]) => pattern.test(said))?.[1] ?? "this is not YAML";
}

const QUOTED = "put it in quotes if it is meant to be a text";

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/duplicated (mapping )?key/i, "this key stands in the same map twice; leave one of them out"],
  [/unidentified alias/i, `what begins with * stands for something else in YAML; ${QUOTED}`],
  [/\btag\b/i, `what begins with ! is a tag in YAML, and not a known one; ${QUOTED}`],
  [/\btab\b/i, "this line is indented with a tab; indent with spaces"],
  [/within a (single|double)[- ]quoted/i, "a text in quotes does not end; add the closing quote"],
  [/within a flow/i, "a [ or { is not closed; add the ] or }"],
  [
    /comma|flow collection/i,
    "a comma or bracket is missing, or a text with one in it, such as ${VAR}, lacks quotes",
  ],
  [/escape/i, "a backslash in double quotes begins an escape; use single quotes to write it as is"],
  [/null byte|non-printable|JSON character/i, "a character that YAML does not allow"],
  [/single document|more documents/i, "this is more than one YAML document; leave only one"],
  [
    /indentation/i,
    "the indentation is wrong, or a text with : or a special first sign lacks quotes",
  ],
  [/whitespace character is expected/i, "a space is missing behind a colon"],
  [/implicit mapping|colon|multiline key/i, "a colon and a space are missing behind a key"],
  [/mapping pair|mapping entry|nested arrays/i, "this key is not a plain text; write key: value"],
  [/merge/i, "<< takes in a map, and this is none"],
  [
    /end of the stream|document separator/i,
    "this does not fit what stands before it; look at the indentation",
  ],
  [/line break/i, `what begins with | or > is a text of several lines; ${QUOTED}`],
  [/anchor|alias/i, `what begins with & or * has a meaning in YAML; ${QUOTED}`],
];
