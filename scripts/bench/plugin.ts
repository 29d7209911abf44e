/**
 * What the plugin costs the real OpenCode that it is installed into.
 *
 * @module
 */
import { installedPlugin } from "../../tests/e2e/installed_plugin.ts";
import type { Finding } from "./measure.ts";
import { benchPluginHost } from "./plugin_host.ts";
import { benchPluginRun } from "./plugin_run.ts";
import { benchPluginStall } from "./plugin_stall.ts";

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchPlugin(folder: string): Promise<Finding[]> {
  const plugin = await installedPlugin();
  return [
    ...await benchPluginHost(plugin),
    await benchPluginRun(plugin),
    ...await benchPluginStall(plugin, folder),
  ];
}
