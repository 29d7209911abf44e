/**
 * A plugin that does nothing: what any plugin costs OpenCode.
 *
 * @module
 */
import type { PluginModule } from "../../../adapters/plugin/contract.ts";

const plugin: PluginModule = { id: "empty", server: () => Promise.resolve({}) };

export default plugin;
