/**
 * A plugin that loads another one, as OpenCode would, and measures it in the OpenCode process: how
 * long its import and its `server()` take, how long its event handler keeps OpenCode, and how long
 * after an idle event its intent is on disk. Once the first session is idle it says so to the
 * measured plugin a number of times, and writes its figures to the file of its option `writes`.
 *
 * @module
 */
import { type FileHandle, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Hooks, HostEvent, PluginModule } from "../../../adapters/plugin/contract.ts";

/** What is measured, all in milliseconds. */
export interface HostFigures {
  /** Import and `server()` together. */
  readonly startMs: number;
  /** Each call of the handler with an event of OpenCode's own. */
  readonly events: readonly number[];
  /** Each call of the handler that said that a session is idle. */
  readonly idles: readonly number[];
  /** From an idle event until the intent and its folder were synced. */
  readonly intents: readonly number[];
  /** The same bytes into a file that is synced, renamed, and its folder synced; in turn. */
  readonly bare: readonly number[];
}

interface Options {
  /** The URL of the plugin's module. */
  readonly measures: string;
  /** Where the figures go. */
  readonly writes: string;
}

const ROUNDS = 25;
/** The first ones find cold code. */
const WARM_UP = 5;
/** Long enough for whatever the last round began, in milliseconds. */
const PAUSE_MS = 200;
const LINE = `${"x".repeat(160)}\n`;

const plugin: PluginModule = {
  id: "measured",
  async server(input, options) {
    const { measures, writes } = options as Options;
    const start = performance.now();
    const measured = await import(measures) as { readonly default: PluginModule };
    const hooks = await measured.default.server(input);
    const startMs = performance.now() - start;
    const events: number[] = [];
    let begun = false;
    return {
      ...hooks,
      event({ event }) {
        events.push(timeOf(hooks, event));
        const id = idleSession(event);
        if (id !== undefined && !begun) {
          begun = true;
          measure(hooks, id, dirname(writes))
            .then((figures) => ({ startMs, events, ...figures }))
            .then((figures) => writeFile(writes, JSON.stringify(figures)))
            .catch((error) => process.stderr.write(`measured: ${error?.stack ?? error}\n`));
        }
        return Promise.resolve();
      },
    };
  },
};

export default plugin;

/** How long the handler keeps OpenCode, which does not wait for its promise. */
function timeOf({ event: handle }: Hooks, event: HostEvent): number {
  const start = performance.now();
  void handle?.({ event });
  return performance.now() - start;
}

function idleSession({ type, properties }: HostEvent): string | undefined {
  if (type !== "session.idle") return undefined;
  return (properties as { readonly sessionID: string }).sessionID;
}

async function measure(
  hooks: Hooks,
  sessionID: string,
  folder: string,
): Promise<Pick<HostFigures, "idles" | "intents" | "bare">> {
  const synced = await watchSyncs(folder);
  const bareFolder = join(folder, "bare");
  await mkdir(bareFolder);
  const figures = { idles: [] as number[], intents: [] as number[], bare: [] as number[] };
  // OpenCode is still busy with what it does after a turn.
  await delay(2_000);
  const status = (type: string) => ({
    type: "session.status",
    properties: { sessionID, status: { type } },
  });
  const goIdle = async () => {
    timeOf(hooks, status("busy"));
    const start = performance.now();
    // The file, then its folder.
    const onDisk = synced(2);
    const idle = timeOf(hooks, status("idle"));
    return { idle, intent: await onDisk - start };
  };
  for (let round = 0; round < ROUNDS; round++) {
    // In turn also within the rounds: what comes second may find the disk awake.
    const before = round % 2 === 0 ? await bareWrite(bareFolder, round) : undefined;
    await delay(PAUSE_MS);
    const { idle, intent } = await goIdle();
    await delay(PAUSE_MS);
    const bare = before ?? await bareWrite(bareFolder, round);
    await delay(PAUSE_MS);
    if (round < WARM_UP) continue;
    figures.idles.push(idle);
    figures.intents.push(intent);
    figures.bare.push(bare);
  }
  await rm(bareFolder, { recursive: true });
  return figures;
}

/** What a file that survives everything costs at least. */
async function bareWrite(folder: string, round: number): Promise<number> {
  const start = performance.now();
  const path = join(folder, `${round}`);
  const file = await open(`${path}.tmp`, "wx", 0o600);
  await file.writeFile(LINE);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
  const directory = await open(folder, "r");
  await directory.sync();
  const ms = performance.now() - start;
  await directory.close();
  return ms;
}

/** Tells when so many more files or folders were synced by anything in this process. */
async function watchSyncs(folder: string): Promise<(count: number) => Promise<number>> {
  const handle = await open(folder, "r");
  const methods = Object.getPrototypeOf(handle) as Pick<FileHandle, "sync">;
  await handle.close();
  const sync = methods.sync;
  let waits: (() => void) | undefined;
  methods.sync = async function (this: FileHandle) {
    await sync.call(this);
    waits?.();
  };
  return (count) =>
    new Promise((resolve) => {
      waits = () => {
        if (--count > 0) return;
        waits = undefined;
        resolve(performance.now());
      };
    });
}
