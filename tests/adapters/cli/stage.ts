/**
 * A stage for the program: a throw-away home, a terminal that writes down what it is shown, and
 * sessions in memory.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Agent } from "../../../core/agent.ts";
import { MemoryAgent, type MemorySession } from "../../../core/memory_agent.ts";
import { main } from "../../../adapters/cli/main.ts";
import type { Ask } from "../../../adapters/cli/question.ts";
import type { Output, StopSignal, Terminal } from "../../../adapters/cli/terminal.ts";
import { homeFolders } from "../../throwaway_home.ts";

/** What one run of the program showed. */
export interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, which must be one JSON value. */
  json<T>(): T;
}

/** What a run can be given beside its arguments. */
export interface Props {
  /** Agents in place of the stage's; `known` are those that the program knows. */
  readonly agents?: readonly Agent[] | "known";
  readonly env?: Readonly<Record<string, string>>;
  /** What its user types to run it; `archive` by default. */
  readonly program?: string;
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Answers questions. */
  readonly ask?: Ask;
  /** What agents' hooks are to begin; this process's own runtime by default. */
  readonly runtime?: Terminal["runtime"];
  /** Starts relays; without it a process is started. */
  readonly startRelay?: Terminal["startRelay"];
  /** Makes standard output or standard error a terminal of so many columns. */
  readonly columns?: { readonly stdout?: number; readonly stderr?: number };
  /** Sees each piece of standard output; may throw what a stream would. */
  readonly onStdout?: (piece: string) => void;
  /** Gets hold of what a signal calls. */
  readonly onStop?: (stop: (signal: StopSignal) => void) => void;
}

/** A home folder and the program in it. */
export interface Stage {
  /** The throw-away folder that everything is in. */
  readonly home: string;
  /** Where the archives are. */
  readonly archives: string;
  /** The agent that runs use unless they are given others. */
  readonly agent: MemoryAgent;
  /** Environment variables of the home. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes the configuration that is read when none is named, or that of a path; gives its path. */
  configure(yaml: string, path?: string): Promise<string>;
  /** Runs the program. */
  archive(argv: readonly string[], props?: Props): Promise<Shown>;
}

const CONFIG = join("opencode", "opencode-session-archiver.yaml");

/** Plays on a stage with some sessions, and clears it. */
export async function onStage(
  sessions: readonly MemorySession[],
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "archive-cli-"));
  const env = homeFolders(home);
  const agent = new MemoryAgent();
  for (const session of sessions) agent.set(session);
  try {
    await play({
      home,
      env,
      agent,
      archives: join(env.XDG_DATA_HOME, "opencode-session-archiver", "archives"),
      configure: async (yaml, path = join(env.XDG_CONFIG_HOME, CONFIG)) => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, yaml, { mode: 0o600 });
        return path;
      },
      archive: (argv, props = {}) => archive(argv, { home, env, agent }, props),
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** A session with one message. */
export function session(id: string, more: Partial<MemorySession> = {}): MemorySession {
  return {
    id,
    projectPath: "/home/me/project",
    createdAt: "2026-01-31T12:00:00.000Z",
    title: `About ${id}`,
    messages: [{ id: `${id}-m1`, role: "user", text: `Hello from ${id}` }],
    ...more,
  };
}

/** An agent like another one whose sessions of some ids cannot be loaded. */
export function broken(agent: Agent, ids: readonly string[], error: () => Error): Agent {
  return {
    name: agent.name,
    detect: () => agent.detect(),
    sessions: (filter) => agent.sessions(filter),
    load: (one, options) =>
      ids.includes(one.id) ? Promise.reject(error()) : agent.load(one, options),
    units: (native) => agent.units(native),
    transcript: (native) => agent.transcript(native),
  };
}

async function archive(
  argv: readonly string[],
  { home, env, agent }: Pick<Stage, "home" | "env" | "agent">,
  props: Props,
): Promise<Shown> {
  const shown = { stdout: "", stderr: "" };
  const decoder = new TextDecoder();
  const output = (name: "stdout" | "stderr"): Output => ({
    write(data) {
      const piece = typeof data === "string" ? data : decoder.decode(data, { stream: true });
      try {
        if (name === "stdout") props.onStdout?.(piece);
      } catch (error) {
        return Promise.reject(error);
      }
      shown[name] += piece;
      return Promise.resolve();
    },
    isTerminal: props.columns?.[name] !== undefined,
    columns: props.columns?.[name],
  });
  const terminal: Terminal = {
    program: props.program ?? "archive",
    stdout: output("stdout"),
    stderr: output("stderr"),
    env: { ...env, ...props.env },
    cwd: () => home,
    platform: "linux",
    onStop(listener) {
      props.onStop?.(listener);
      return () => undefined;
    },
    confirm: props.confirm,
    ask: props.ask,
    startRelay: props.startRelay,
    runtime: props.runtime,
    agents: props.agents === "known" ? undefined : props.agents ?? [agent],
  };
  const code = await main(argv, terminal);
  return { code, ...shown, json: () => JSON.parse(shown.stdout) };
}
