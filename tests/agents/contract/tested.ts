/**
 * What the suites ask of whoever tests an agent: how it is opened, and how its sessions are written.
 *
 * @module
 */
import type { Agent } from "../../../core/agent.ts";

/**
 * What is said in a session that a suite makes up: the user asks, the model thinks, has a tool run, and
 * answers.
 *
 * @since 0.1.0
 */
export interface MadeUp {
  /** The directory that it belongs to, absolute; it is there. */
  readonly projectPath: string;
  /** What the user says, which nobody gives another title. */
  readonly prompt: string;
  /** What the model thinks first. */
  readonly thought: string;
  /** The tool that it has run, as it is called. */
  readonly tool: string;
  /** What the tool is called with. */
  readonly input: Readonly<Record<string, string>>;
  /** What the tool gives. */
  readonly output: string;
  /** What the model answers. */
  readonly answer: string;
  /** The model, without its provider. */
  readonly model: string;
  /** What all of it took, with nothing from a cache. */
  readonly tokens: { readonly input: number; readonly output: number };
}

/**
 * A session that was written.
 *
 * @since 0.1.0
 */
export interface WrittenSession {
  /** The id that the agent is to give it. */
  readonly id: string;
}

/**
 * A session that was written into a file of its own.
 *
 * @since 0.1.0
 */
export interface WrittenFile extends WrittenSession {
  /** The file's absolute path. */
  readonly path: string;
}

/**
 * What of a {@linkcode MadeUp} session an agent may not tell.
 *
 * @since 0.1.0
 */
export type Untold = "thought" | "tool" | "model" | "tokens";

/**
 * An agent that `testAgent` tests.
 *
 * @since 0.1.0
 */
export interface TestedAgent<Written extends WrittenSession = WrittenSession> {
  /** The agent's name. */
  readonly name: string;
  /** What to call the tests, where one agent is tested in several ways; its name by default. */
  readonly title?: string;
  /** What its sessions do not tell of; all is told by default. */
  readonly untold?: readonly Untold[];
  /**
   * Makes the agent, reading from a home.
   *
   * @param home An absolute path, where there may be nothing.
   */
  open(home: string): Agent;
  /**
   * Writes a session as the agent does.
   *
   * @param home Where.
   * @param session What it says.
   */
  write(home: string, session: MadeUp): Promise<Written>;
  /**
   * Adds to the end of a session something that nobody knows, which has a text in it.
   *
   * @param home Where it lies.
   * @param session Which.
   * @param text The text, a word.
   */
  addUnknown(home: string, session: Written, text: string): Promise<void>;
  /**
   * Removes a session, as its loss would.
   *
   * @param home Where it lies.
   * @param session Which.
   */
  remove(home: string, session: Written): Promise<void>;
}

/**
 * An agent with a file a session that `testFileAgent` tests.
 *
 * @since 0.1.0
 */
export interface TestedFileAgent extends Pick<TestedAgent, "name" | "title" | "untold"> {
  /**
   * Makes the agent, reading from a home.
   *
   * @param home An absolute path, where there may be nothing.
   * @param now The time in milliseconds since the epoch; the clock's by default.
   */
  open(home: string, now?: () => number): Agent;
  /**
   * Writes a session as the agent does, a record a line.
   *
   * @param home Where.
   * @param session What it says.
   */
  write(home: string, session: MadeUp): Promise<WrittenFile>;
  /** Paths from the home at which the agent keeps something else, or nothing. */
  readonly elsewhere?: readonly string[];
  /**
   * Where the agent keeps files that belong to a session, other than the session's own.
   *
   * @param session Which.
   * @param name A file's name.
   * @returns The absolute path of one that is archived, if its name allows it.
   */
  beside?(session: WrittenFile, name: string): string;
}
