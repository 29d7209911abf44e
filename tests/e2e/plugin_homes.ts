/**
 * What the tests of the plugin in a real OpenCode open, and close in time.
 *
 * @module
 */
import { before } from "node:test";
import { installedPlugin } from "./installed_plugin.ts";
import { type PluginHome, type PluginHomeOptions, startPluginHome } from "./plugin_home.ts";
import type { OpenCodeServer } from "./real_opencode.ts";

/** What has to be closed. */
interface Open {
  close(): Promise<void> | void;
}

/** Homes with the plugin. */
export interface PluginHomes {
  /** Makes one. */
  home(options?: PluginHomeOptions): Promise<PluginHome>;
  /** Starts `opencode serve` in one. */
  serve(home: PluginHome, project: string): Promise<OpenCodeServer>;
  /** Has something else closed with them. */
  opened<T extends Open>(one: T): T;
}

/**
 * Homes for the tests of one group, with the plugin installed before the first of these. Everything
 * that was opened is closed, what was opened last first.
 *
 * @param hook When: `afterEach` or `after` of `node:test`.
 */
export function pluginHomes(hook: (close: () => Promise<void>) => void): PluginHomes {
  const open: Open[] = [];
  const opened = <T extends Open>(one: T): T => {
    open.push(one);
    return one;
  };
  before(async () => void await installedPlugin());
  hook(() => closeAll(open.splice(0).reverse()));
  return {
    opened,
    home: async (options) => opened(await startPluginHome(await installedPlugin(), options)),
    serve: async (home, project) => opened(await home.serve(project)),
  };
}

/** One that cannot be closed keeps none of the others open. */
async function closeAll(open: readonly Open[]): Promise<void> {
  const failures: unknown[] = [];
  for (const one of open) {
    try {
      await one.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
}
