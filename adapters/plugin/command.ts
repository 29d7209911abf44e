/**
 * The `/archive` command: archives the session now and says how archiving stands. As every command
 * of OpenCode it is a prompt, which costs one turn of the model.
 *
 * @module
 */
import type { HostConfig } from "./contract.ts";

const NAME = "archive";

const TEMPLATE = `
Archive this session now, and tell the user how archiving stands.

1. Call the tool archive_session without arguments.
2. Call the tool list_archives with {"limit": 5}.
3. Answer in at most six short lines: whether the session is archived, and under which key; how
   archiving stands in all; the titles of this project's newest archives; and, word for word, what
   either tool said that is wrong or to be done. Do nothing else.

$ARGUMENTS
`.trim();

/**
 * Adds the command, unless the user has one of this name.
 *
 * @param config OpenCode's merged configuration.
 */
export function addArchiveCommand(config: HostConfig): void {
  config.command ??= {};
  if (Object.hasOwn(config.command, NAME)) return;
  config.command[NAME] = {
    template: TEMPLATE,
    description: "Archive this session now, and show how archiving stands",
  };
}
