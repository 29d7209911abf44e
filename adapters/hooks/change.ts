/**
 * What has to change in an agent's settings, before anything does.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import { fieldsOf } from "../../core/fields.ts";
import type { Environment, HookAgent } from "./agents.ts";
import type { CommandPlace } from "./command.ts";
import { foundHooks } from "./found_hooks.ts";
import { jsonTree } from "./json_tree.ts";
import { newSettings, settingsFile, type WantedHooks, wantedHooks } from "./settings.ts";
import { readSettings, removeSettings, writeSettings } from "./settings_file.ts";
import { withHooks, withoutHooks } from "./settings_text.ts";

/** A change of an agent's settings. */
export interface SettingsChange {
  readonly agent: HookAgent;
  /** The file; absolute. */
  readonly file: string;
  /** What it holds; undefined where there is none. */
  readonly before: string | undefined;
  /** What it is to hold; undefined where there is to be none. */
  readonly after: string | undefined;
  /** The events at which the agent calls this program, before or after. */
  readonly events: readonly string[];
}

/**
 * What has to change so that an agent calls this program.
 *
 * @param agent Which.
 * @param env The environment that it runs in.
 * @param place What its command lines depend on.
 * @throws {ArchiveError} `Invalid` for settings that cannot be changed without loss, with what to add
 * by hand.
 */
export async function installing(
  agent: HookAgent,
  env: Environment,
  place: CommandPlace,
): Promise<SettingsChange> {
  const file = settingsFile(agent, env);
  const wanted = wantedHooks(agent, place);
  const before = await readSettings(file);
  const after = before === undefined
    ? newSettings(agent, wanted)
    : readable(file, () => withHooks(before, wanted), `add to it by hand: ${byHand(wanted)}`);
  return { agent, file, before, after, events: Object.keys(wanted) };
}

/**
 * What has to change so that an agent no longer calls this program.
 *
 * @param agent Which.
 * @param env The environment that it runs in.
 * @throws {ArchiveError} `Invalid` for settings that cannot be changed without loss.
 */
export async function uninstalling(agent: HookAgent, env: Environment): Promise<SettingsChange> {
  const file = settingsFile(agent, env);
  const before = await readSettings(file);
  if (before === undefined) return { agent, file, before, after: undefined, events: [] };
  const advice = 'remove from it by hand what calls "cli/bin" with "hook"';
  const found = readable(file, () => foundHooks(before), advice);
  const after = readable(file, () => withoutHooks(before), advice);
  // A file that was made for them goes with them.
  const isLeft = agent === "copilot" && found.length > 0 && isBare(after);
  const events = [...new Set(found.map(({ event }) => event))];
  return { agent, file, before, after: isLeft ? undefined : after, events };
}

/** Whether settings say nothing but what makes them settings. */
function isBare(text: string | undefined): boolean {
  if (text === undefined) return true;
  const { version: _, hooks, ...others } = fieldsOf(jsonTree(text).value);
  return [hooks, others].every((value) => Object.keys(fieldsOf(value)).length === 0);
}

/**
 * Makes a change.
 *
 * @param change Which.
 * @throws {ArchiveError} When the file cannot be written; it is as it was then.
 */
export async function makeChange(change: SettingsChange): Promise<void> {
  const { agent, file, before, after } = change;
  if (before === after) return;
  if (after === undefined) await removeSettings(file, agent === "copilot");
  else await writeSettings(file, after);
}

function readable<T>(file: string, read: () => T, advice: string): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `${file} is left as it is, since it cannot be read as JSON ` +
      `(${error.message}); correct it, or ${advice}`;
    throw new ArchiveError("Invalid", message, { cause: error });
  }
}

function byHand(wanted: WantedHooks): string {
  const hooks = Object.fromEntries(Object.entries(wanted).map(([event, one]) => [event, [one]]));
  return `"hooks": ${JSON.stringify(hooks)}`;
}
