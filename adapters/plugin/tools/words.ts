/**
 * What the terminal's program says, in the words of models: these know tools and arguments, where a
 * terminal has commands and options.
 *
 * @module
 */
import { PACKAGE_PROGRAM } from "../../process/typed_command.ts";

/** What the program says, and what is said in its place. */
const TERMS: readonly (readonly [RegExp, string])[] = [
  [/--backend(?= is )/, "backend"],
  [/--project(?= is )/, "projectPath"],
  [/--offset(?= is )/, "offset"],
  [/ as text(?= the conversation )/, " as transcript"],
  [/--config(?= names it)/, "the plugin's option config"],
  [/in the terminal: --new-id/, "newId true"],
  [/"[^"]* list(?: --config [^"]*)?"(?= shows )/, "list_archives"],
  [/list what there is$/, "list_archives shows what there is"],
  [/^no archive of a session .* is on .*/, "$&; list_archives shows what there is"],
  [
    /verify it, then archive its session again/,
    `the user can mend it in a terminal: ${PACKAGE_PROGRAM} verify, then run`,
  ],
  [/ \(--debug shows where\)$/, ""],
];

/**
 * A message of the program for a model.
 *
 * @param message What the program said, in one line.
 */
export function inToolWords(message: string): string {
  return TERMS.reduce((text, [said, told]) => text.replace(said, told), message);
}
