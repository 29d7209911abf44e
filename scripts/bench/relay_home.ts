/**
 * A home in which sessions wait for the relay, and the relay that brings them away.
 *
 * It is the one that is always started, but in this process: a runtime's start would be a large part
 * of what a few hundred sessions take, and is there once however many wait.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { SessionId } from "../../core/agent.ts";
import { inParallel } from "../../core/parallel.ts";
import { readyRelay } from "../../adapters/relay/run_relay.ts";
import { outboxFolder, relayLogPath } from "../../adapters/state/layout.ts";
import { configPath, stateFolder } from "../../adapters/state/location.ts";
import { Outbox } from "../../adapters/state/outbox.ts";
import { inEnvironment } from "../../tests/adapters/relay/environment.ts";
import { homeFolders } from "../../tests/throwaway_home.ts";

/** How long a drain may take at most, in milliseconds. */
const PATIENCE_MS = 60_000;
/** How often to look whether it is over: seldom enough to cost it nothing, in milliseconds. */
const LOOK_MS = 25;

/** A throw-away home. */
export class RelayHome {
  readonly #env: Readonly<Record<string, string>>;
  readonly #state: string;
  readonly #outbox: Outbox;

  private constructor(env: Readonly<Record<string, string>>, state: string) {
    this.#env = env;
    this.#state = state;
    this.#outbox = new Outbox(outboxFolder(state));
  }

  /**
   * Makes one.
   *
   * @param folder An empty folder.
   * @param backend The only backend, as the configuration has it.
   */
  static async make(folder: string, backend: unknown): Promise<RelayHome> {
    const env = homeFolders(folder);
    const where = { env, platform: process.platform };
    const config = configPath(where);
    await mkdir(dirname(config), { recursive: true });
    // JSON is YAML.
    await writeFile(config, JSON.stringify({ backends: { default: backend } }), { mode: 0o600 });
    return new RelayHome(env, await stateFolder({ ...where, configPath: config }));
  }

  /**
   * Has sessions wait.
   *
   * @param sessions Which.
   */
  async idle(sessions: readonly SessionId[]): Promise<void> {
    await inParallel(sessions, 4, (session) => this.#outbox.write(session));
  }

  /**
   * Runs a relay until nothing waits any more.
   *
   * @returns How long that took from its start, in milliseconds.
   */
  async drained(): Promise<number> {
    let ms = NaN;
    await inEnvironment(this.#env, async () => {
      const stop = new AbortController();
      const start = performance.now();
      const relay = await readyRelay({ signal: stop.signal });
      const ended = relay.run();
      try {
        await this.#emptied(start + PATIENCE_MS);
        ms = performance.now() - start;
      } finally {
        stop.abort();
        await ended;
      }
    });
    return ms;
  }

  async #emptied(until: number): Promise<void> {
    while ((await this.#outbox.names()).length > 0) {
      if (performance.now() > until) {
        throw new Error(`the relay is not through:\n${await this.#log()}`);
      }
      await delay(LOOK_MS);
    }
  }

  /** The end of the relay's log. */
  async #log(): Promise<string> {
    return (await readFile(relayLogPath(this.#state), "utf8")).slice(-2_000);
  }
}
