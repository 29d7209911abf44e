/**
 * A workbench for tools: a host, the context of a call, and a program that answers what it is told.
 *
 * @module
 */
import type { Ended, RunProgram } from "../../../../adapters/plugin/child.ts";
import type { ToolContext } from "../../../../adapters/plugin/contract.ts";
import type { PluginHost } from "../../../../adapters/plugin/host.ts";
import { archiveTools } from "../../../../adapters/plugin/tools/mod.ts";

/** What a tool asked the user. */
export type Question = Parameters<ToolContext["ask"]>[0];

/** A host whose log and toasts go nowhere. */
export function hostWith(more: Partial<PluginHost> = {}): PluginHost {
  return {
    directory: "/home/me/project",
    env: {},
    log: () => undefined,
    toast: () => undefined,
    ...more,
  };
}

/** A call in the session `ses_now`, with a user who allows everything. */
export function contextWith(more: Partial<ToolContext> = {}): ToolContext {
  return {
    sessionID: "ses_now",
    directory: "/home/me/project",
    worktree: "/",
    abort: new AbortController().signal,
    ask: () => Promise.resolve(),
    ...more,
  };
}

/** How a command ended that did what it should. */
export function ended(answer: unknown, more: Partial<Ended> = {}): Ended {
  return { exitCode: 0, answer, errors: [], notes: [], ...more };
}

/** Tools over a program that gives these answers in turn, and what it was called with. */
export function toolsOver(answers: readonly Ended[], host: PluginHost = hostWith()) {
  const calls: string[][] = [];
  const run: RunProgram = (argv) => {
    const answer = answers[calls.length];
    calls.push([...argv]);
    return answer ? Promise.resolve(answer) : Promise.reject(new Error(`no answer: ${argv}`));
  };
  const tools = archiveTools(host, run);
  const call = async (name: string, given: unknown, context = contextWith()) => {
    const tool = tools[name];
    if (!tool) throw new Error(`there is no tool ${name}`);
    const result = await tool.execute(given, context);
    return typeof result === "string" ? result : result.output;
  };
  return { tools, calls, call };
}
