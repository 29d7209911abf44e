/**
 * The OpenCode plugin. What OpenCode loads is this module's default export, and nothing else but
 * types may be exported here: OpenCode would call it.
 *
 * ```json
 * { "plugin": ["opencode-session-archiver"] }
 * ```
 *
 * @module
 */
import type { PluginModule } from "./plugin/contract.ts";
export type * from "./plugin/contract.ts";
import { server } from "./plugin/server.ts";

/**
 * The plugin's id, and what OpenCode calls once for each directory that it works in.
 *
 * @since 0.1.0
 */
const plugin: PluginModule = { id: "opencode-session-archiver", server };

export default plugin;
