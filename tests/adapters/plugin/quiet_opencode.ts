/**
 * What the plugin is given by OpenCode, without an OpenCode.
 *
 * @module
 */
import type { PluginInput, Toast } from "../../../adapters/plugin/contract.ts";

/** What a plugin said to OpenCode. */
export interface Said {
  readonly input: PluginInput;
  readonly logged: string[];
  readonly toasts: Toast[];
}

/**
 * An OpenCode that only writes down what it is told.
 *
 * @param directory The one that it opens.
 */
export function quietOpenCode(directory = "/home/me/project"): Said {
  const logged: string[] = [];
  const toasts: Toast[] = [];
  const client: PluginInput["client"] = {
    app: { log: ({ body }) => Promise.resolve(void logged.push(body.message)) },
    tui: { showToast: ({ body }) => Promise.resolve(void toasts.push(body)) },
  };
  return { input: { client, directory }, logged, toasts };
}
