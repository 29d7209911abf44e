/**
 * The part of OpenCode's plugin contract that is used here, as structural types.
 *
 * `@opencode-ai/plugin` has the whole of it and pulls 47 MB. These types were checked to be assignable
 * to those of its version 1.18.33, but for a tool's `args`, which it only knows as zod schemas. Where
 * the real program gives more or less than its own types say, the program is right: what it was seen
 * to do stands in the comments.
 *
 * @module
 */

/**
 * What OpenCode loads: the default export of a plugin's module.
 *
 * @since 0.1.0
 */
export interface PluginModule {
  /** Must not be empty for plugins that are loaded by path. */
  readonly id: string;
  /** Called once a directory that OpenCode works in; waited for before the first request. */
  readonly server: (input: PluginInput, options?: unknown) => Promise<Hooks>;
}

/**
 * What OpenCode hands to a plugin.
 *
 * @since 0.1.0
 */
export interface PluginInput {
  /** OpenCode's own API, in this process: answers `{data, error}` and does not throw. */
  readonly client: Client;
  /** The directory this instance is for: absolute. Its events are only of this directory. */
  readonly directory: string;
}

/**
 * The two calls of OpenCode's API that are used.
 *
 * @since 0.1.0
 */
export interface Client {
  /** Of the program. */
  readonly app: {
    /** Writes a line to OpenCode's log; `service` does not show there. */
    log(request: { body: LogEntry }): Promise<unknown>;
  };
  /** Of the screen. */
  readonly tui: {
    /** Shows a toast, where there is a screen. */
    showToast(request: { body: Toast }): Promise<unknown>;
  };
}

/**
 * A line of OpenCode's log.
 *
 * @since 0.1.0
 */
export interface LogEntry {
  /** Who speaks. */
  readonly service: string;
  /** How grave it is. */
  readonly level: LogLevel;
  /** What there is to say. */
  readonly message: string;
}

/**
 * How grave a line of the log is.
 *
 * @since 0.1.0
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * A short message on the screen.
 *
 * @since 0.1.0
 */
export interface Toast {
  /** Who speaks. */
  readonly title: string;
  /** What there is to say. */
  readonly message: string;
  /** How grave it is. */
  readonly variant: "info" | "success" | "warning" | "error";
  /** How long it stays, in milliseconds. */
  readonly duration?: number;
}

/**
 * What a plugin gives back.
 *
 * @since 0.1.0
 */
export interface Hooks {
  /** Called with every event of the directory. Not waited for; a throw in it hangs OpenCode. */
  event?(input: { readonly event: HostEvent }): Promise<void>;
  /** Called once with OpenCode's merged configuration, which it may change. */
  config?(config: HostConfig): Promise<void>;
  /** Called and waited for when OpenCode ends in its own time; not when a signal ends it. */
  dispose?(): Promise<void>;
  /** Tools that the model may call, by name. */
  tool?: Record<string, ToolDefinition>;
}

/**
 * An event, as little as is known of all of them.
 *
 * @since 0.1.0
 */
export interface HostEvent {
  /** Its name, such as `session.idle`. */
  readonly type: string;
  /** What it is about; most have a `sessionID`. */
  readonly properties?: unknown;
}

/**
 * The part of OpenCode's configuration that is changed.
 *
 * @since 0.1.0
 */
export interface HostConfig {
  /** Slash commands, by name. */
  command?: Record<string, HostCommand>;
}

/**
 * A slash command: a prompt that the user calls by name.
 *
 * @since 0.1.0
 */
export interface HostCommand {
  /** The prompt. */
  template: string;
  /** What it is for, for people. */
  description?: string;
}

/**
 * A tool that the model may call.
 *
 * @since 0.1.0
 */
export interface ToolDefinition {
  /** Tells a model what it does and when to use it. */
  readonly description: string;
  /**
   * The arguments' JSON schemas by name, or zod 4 schemas. OpenCode shows them to the model, and
   * neither validates what comes nor fills in what is missing; of plain JSON schemas it says that
   * every one is required.
   */
  readonly args: Record<string, unknown>;
  /** Does it. An error thrown is told to the model, and the turn goes on. */
  execute(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/**
 * What a tool gives back. `output` must be a string.
 *
 * @since 0.1.0
 */
export type ToolResult =
  | string
  | { title?: string; output: string; metadata?: Record<string, unknown> };

/**
 * What a tool is told of its call.
 *
 * @since 0.1.0
 */
export interface ToolContext {
  /** The session that the model speaks in. */
  readonly sessionID: string;
  /** The directory that the session works in: absolute. */
  readonly directory: string;
  /** The top of the git checkout that the directory is in; the file system's where it is in none. */
  readonly worktree: string;
  /** Fires when the user stops the turn. */
  readonly abort: AbortSignal;
  /** Asks the user, by the permissions of OpenCode's configuration. Rejects when refused. */
  ask(question: {
    permission: string;
    /** Must be there; what `always` would allow for good. */
    patterns: string[];
    always: string[];
    metadata: Record<string, unknown>;
  }): Promise<void>;
}
