/**
 * Making writes old whose end is not known, so that nobody has to wait until they can no longer come
 * late.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { ledgerPath } from "../../adapters/state/layout.ts";

/** What was cut off with its writer says nothing. */
const IS_WHOLE = /^\{"sending":.*\}$/;

/** What stands in the ledger of such a write, as far as it matters here. */
interface Sending {
  readonly at: number;
  readonly boot?: string;
  readonly up?: number;
}

/**
 * Has all open writes of a ledger been sent some time ago. Nobody may have it open.
 *
 * @param state The state's folder.
 * @param ms How much longer ago than they were, in milliseconds.
 */
export async function sentEarlier(state: string, ms: number): Promise<void> {
  const path = ledgerPath(state);
  const lines = (await readFile(path, "utf8")).split("\n");
  const older = lines.map((line) => IS_WHOLE.test(line) ? earlier(line, ms) : line);
  await writeFile(path, older.join("\n"));
}

/** The wall's clock alone tells when it was: the machine may not have been up for so long. */
function earlier(line: string, ms: number): string {
  const { boot: _boot, up: _up, at, ...write }: Sending = JSON.parse(line);
  return JSON.stringify({ ...write, at: at - ms });
}
