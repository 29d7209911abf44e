/**
 * An agent that is loaded when it is first asked something: whoever imports the library has mostly no
 * use for all of them.
 *
 * @module
 */
import type {
  Agent,
  Detection,
  LoadedSession,
  RestorableArchive,
  RestoreOptions,
  RestoreOutcome,
  SessionFilter,
  SessionId,
  SessionRef,
  Unit,
} from "../../../core/agent.ts";
import type { AgentLayout } from "../../../core/plain/layout.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";

/** An agent that puts sessions back. */
export type RestoringAgent = Agent & Required<Pick<Agent, "restore" | "layout">>;

/**
 * Stands for an agent.
 *
 * @param name Its name.
 * @param open Loads it; asked once.
 * @param known What is known of it before.
 */
export function lateAgent(
  name: string,
  open: () => Promise<RestoringAgent>,
  known: Pick<Agent, "deletesByItself" | "layouts"> = {},
): RestoringAgent {
  return new LateAgent(name, open, known);
}

class LateAgent implements RestoringAgent {
  readonly name: string;
  readonly deletesByItself: boolean;
  readonly layouts: readonly string[];
  readonly #open: () => Promise<RestoringAgent>;
  #opened: Promise<RestoringAgent> | undefined;

  constructor(
    name: string,
    open: () => Promise<RestoringAgent>,
    { deletesByItself = false, layouts = [] }: Pick<Agent, "deletesByItself" | "layouts">,
  ) {
    this.name = name;
    this.deletesByItself = deletesByItself;
    this.layouts = layouts;
    this.#open = open;
  }

  async detect(): Promise<Detection> {
    return await (await this.#agent()).detect();
  }

  async *sessions(filter?: SessionFilter): AsyncGenerator<SessionRef> {
    yield* (await this.#agent()).sessions(filter);
  }

  async load(session: SessionId, options?: { signal?: AbortSignal }): Promise<LoadedSession> {
    return await (await this.#agent()).load(session, options);
  }

  async *units(native: AsyncIterable<string>): AsyncGenerator<Unit> {
    yield* (await this.#agent()).units(native);
  }

  async *transcript(native: AsyncIterable<string>): AsyncGenerator<TranscriptMessage> {
    yield* (await this.#agent()).transcript(native);
  }

  async restore(
    archives: readonly RestorableArchive[],
    options?: RestoreOptions,
  ): Promise<readonly RestoreOutcome[]> {
    return await (await this.#agent()).restore(archives, options);
  }

  async layout(name: string): Promise<AgentLayout> {
    return await (await this.#agent()).layout(name);
  }

  #agent(): Promise<RestoringAgent> {
    return this.#opened ??= this.#open();
  }
}
