/**
 * What an agent calls when a turn or a session of it ends: writes down which session changed, starts
 * the relay, and is gone. Loads nothing that archives and nothing that reads a configuration.
 *
 * Nothing that goes wrong here may trouble the agent, which would show it to its user or take it for
 * a veto: it stands in the state's log.
 *
 * @module
 */
import { configFile } from "../config/locate.ts";
import type { StartOptions } from "../relay/start.ts";
import { RELAY_VARIABLE } from "../relay/variable.ts";
import { makePrivateFolder } from "../state/folder.ts";
import { outboxFolder } from "../state/layout.ts";
import { webStatePath } from "../state/location.ts";
import { livingRelay } from "../state/lock_holder.ts";
import { readStatus } from "../state/status.ts";
import { writeIntent } from "../state/written_intent.ts";
import { type Environment, isHookAgent } from "./agents.ts";
import { type Input, readPayload } from "./payload.ts";
import { sessionIn } from "./session.ts";

/** What a call has around it. */
export interface HookSurroundings {
  readonly env: Environment;
  readonly platform: string;
  readonly stdin: Input;
}

/**
 * Does what there is to do. Never rejects, and says nothing.
 *
 * @param argv The agent's name, and `--config PATH` where the user named a configuration.
 * @param around What the call has around it.
 */
export async function runHook(argv: readonly string[], around: HookSurroundings): Promise<void> {
  const { env, platform, stdin } = around;
  // What the relay itself has an agent do, it knows.
  if (env[RELAY_VARIABLE] === "1") return;
  const since = Date.now();
  const payload = readPayload(stdin);
  const [agent, option, named] = argv;
  const config = option === "--config" ? named : undefined;
  let state: string | undefined;
  const say = (error: unknown) => logged(state, `hook of ${agent}: ${messageOf(error)}`);
  try {
    const { path } = configFile({ env, platform, cwd: () => "/", path: config });
    state = await webStatePath({ env, platform, configPath: path });
    if (await isSwitchedOff(state, path)) return;
    await writeDown(agent, await payload, { state, env }).catch(say);
    // Only now: a relay that ends looks once more for what waits when it has let go of the lock.
    if (await livingRelay(state) === undefined) await begin({ state, config, env, since });
  } catch (error) {
    await say(error);
  }
}

async function writeDown(
  agent: string | undefined,
  payload: string | undefined,
  { state, env }: { readonly state: string; readonly env: Environment },
): Promise<void> {
  if (payload === undefined || !isHookAgent(agent)) return;
  const session = sessionIn(agent, payload, env);
  if (session === undefined) return;
  await writeIntent(outboxFolder(state), { session, now: false, writtenAt: Date.now() });
}

/** Starts a relay. By its URL, since Deno reads all that is imported by name, and mostly one runs. */
async function begin(options: StartOptions): Promise<void> {
  const { ownFile } = await import("../process/own_file.ts");
  const start = ownFile("../relay/start", import.meta.url).href;
  const { startRelay }: typeof import("../relay/start.ts") = await import(start);
  await makePrivateFolder(options.state);
  const outcome = await startRelay(options);
  if ("failed" in outcome) throw outcome.failed;
}

/** Only the relay understands the configuration; its word holds for the state that it saw. */
async function isSwitchedOff(state: string, configPath: string): Promise<boolean> {
  const status = await readStatus(state);
  if (status === undefined || status.config.auto) return false;
  const { configStamp } = await import("../state/stamps.ts");
  return status.config.stamp === await configStamp(configPath);
}

/** Where there is no place for a state, there is none for a log either. */
async function logged(state: string | undefined, line: string): Promise<void> {
  if (state === undefined) return;
  const { RelayLog } = await import("../state/relay_log.ts");
  const log = new RelayLog(state);
  log.say(line);
  await log.flushed();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
