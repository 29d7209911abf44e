/**
 * A plugin that loads another one, as OpenCode would, and counts the processor time that its process
 * takes in its start, in its handlers and at its end. When OpenCode ends it appends the times to the
 * file of its option `writes`.
 *
 * The time is the whole process's: what OpenCode does of its own while the other plugin loads, or
 * while it waits at the end, counts as the plugin's.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import type { PluginModule } from "../../../adapters/plugin/contract.ts";

/** Processor time of one OpenCode process, all in milliseconds. */
export interface ProcessorTimes {
  /** Import and `server()` together. */
  readonly start: number;
  /** All calls of the event handler, as far as OpenCode is kept by them. */
  readonly events: number;
  /** From the call of `dispose` until what it promised. */
  readonly end: number;
}

interface Options {
  /** The URL of the plugin's module. */
  readonly measures: string;
  /** Where the times go, a line a process. */
  readonly writes: string;
}

const plugin: PluginModule = {
  id: "processor-probe",
  async server(input, options) {
    const { measures, writes } = options as Options;
    const begun = processorTime();
    const measured = await import(measures) as { readonly default: PluginModule };
    const hooks = await measured.default.server(input);
    const start = processorTime() - begun;
    let events = 0;
    return {
      ...hooks,
      event(input) {
        const before = processorTime();
        void hooks.event?.(input);
        events += processorTime() - before;
        return Promise.resolve();
      },
      async dispose() {
        const before = processorTime();
        await hooks.dispose?.();
        const times: ProcessorTimes = { start, events, end: processorTime() - before };
        // OpenCode may end at once.
        appendFileSync(writes, `${JSON.stringify(times)}\n`);
      },
    };
  },
};

export default plugin;

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
