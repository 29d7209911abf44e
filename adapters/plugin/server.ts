/**
 * What OpenCode calls: makes the plugin's hooks for a directory. Reads no file, asks no network and
 * loads nothing that archives; and no hook of it ever throws, since a throw in one can hang OpenCode
 * or end it.
 *
 * @module
 */
import process from "node:process";
import { RELAY_VARIABLE } from "../relay/variable.ts";
import { outboxFolder } from "../state/layout.ts";
import { Outbox } from "../state/outbox.ts";
import { accessStamp, configStamp } from "../state/stamps.ts";
import { readStatus } from "../state/status.ts";
import { Archiving } from "./archiving.ts";
import { systemClock } from "./clock.ts";
import { addArchiveCommand } from "./command.ts";
import type { Hooks, PluginInput } from "./contract.ts";
import { noteDirectory } from "./directory_note.ts";
import type { PluginHost } from "./host.ts";
import { tell } from "./notices.ts";
import { type PluginSetup, readOptions } from "./options.ts";
import { relayStarter } from "./relay_process.ts";
import { isStillToTell, sharedArchiving } from "./shared.ts";
import { silenceIn } from "./silence.ts";
import { type Speech, speechOf } from "./speech.ts";
import { ownStores } from "./stores.ts";
import { archiveTools } from "./tools/mod.ts";

/** How long after a start a screen is there to show a toast, in milliseconds. */
const SCREEN_MS = 1_500;

/**
 * Makes the hooks of a directory.
 *
 * @param input What OpenCode hands over.
 * @param options The plugin's options in `opencode.json`.
 * @returns Always an object: OpenCode takes anything else for fatal.
 */
export function server(input: PluginInput, options?: unknown): Promise<Hooks> {
  // The relay may run on OpenCode's own program, which must not start another one.
  if (process.env[RELAY_VARIABLE] === "1") return Promise.resolve({});
  const speech = speechOf(input.client, systemClock);
  try {
    return Promise.resolve(hooksOf(input, options, speech));
  } catch (error) {
    speech.log("error", `does nothing in ${input.directory}: ${messageOf(error)}`);
    return Promise.resolve({});
  }
}

function hooksOf(
  { directory }: PluginInput,
  options: unknown,
  speech: Speech,
): Hooks {
  const { env, platform } = process;
  const { log, toast } = speech;
  const common = { directory, env, log, toast };
  const setup = readOptions(options, { env, platform });
  if ("problem" in setup) {
    // All directories may go by the same `opencode.json`.
    if (isStillToTell(setup.problem)) {
      systemClock.after(SCREEN_MS, () => tell([common], "error", setup.problem));
    }
    const dispose = guarded(common, () => speech.written());
    return { ...alwaysThere({ ...common, problem: setup.problem }), dispose };
  }
  const host = { ...common, configPath: setup.named };
  return setup.auto
    ? { ...alwaysThere(host), ...byItself(host, setup, speech) }
    : alwaysThere(host);
}

/** What is there whatever the options say. */
function alwaysThere(host: PluginHost): Hooks {
  return {
    tool: archiveTools(host),
    config: guarded(host, (config) => addArchiveCommand(config)),
  };
}

/** What archives without being asked. */
function byItself(host: PluginHost, setup: PluginSetup, speech: Speech): Hooks {
  const archiving = sharedArchiving(setup.state, () => archivingOf(host, setup));
  archiving.join(host);
  const note = noteDirectory(host, setup, systemClock);
  return {
    event: guarded(host, ({ event }) => archiving.see(event)),
    dispose: guarded(host, async () => {
      await Promise.all([archiving.leave(host), note.written()]);
      await speech.written();
    }),
  };
}

function archivingOf({ env }: PluginHost, { state, configPath, named }: PluginSetup): Archiving {
  return new Archiving({
    clock: systemClock,
    outbox: new Outbox(outboxFolder(state)),
    stores: () => ownStores(env),
    status: () => readStatus(state),
    stamp: () => configStamp(configPath),
    accessStamp,
    silence: () => silenceIn(state),
    startRelay: relayStarter({ state, config: named, env, since: systemClock.now() }),
  });
}

/** A hook that neither throws nor rejects, whatever happens in it. */
function guarded<A extends unknown[]>(
  host: PluginHost,
  hook: (...args: A) => void | Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await hook(...args);
    } catch (error) {
      host.log("error", `something went wrong that should not: ${messageOf(error)}`);
    }
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
