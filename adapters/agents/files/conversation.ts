/**
 * A conversation as it is put together from records: what the user said, and for each of these what the
 * model answered, thought and called.
 *
 * @module
 */
import {
  sumOfTokens,
  type TokenCounts,
  type TranscriptMessage,
  type TranscriptPart,
} from "../../../core/transcript.ts";

/** A call of a tool. */
export type ToolPart = Extract<TranscriptPart, { type: "tool" }>;

/** Where a record was found. */
export interface Told {
  /** The agent's id of it, if it gives one. */
  readonly id?: string;
  /** When it was written, ISO 8601 in UTC, where it tells. */
  readonly at?: string;
}

/** What the model does in answer to one thing that the user said. */
interface Turn extends Told {
  readonly parts: TranscriptPart[];
  /** Where the part of each call stands. */
  readonly calls: Map<string, number>;
  tokens: TokenCounts | undefined;
}

/** Makes messages of records. */
export interface Reading<Record> {
  /** Takes the next record, and gives what is complete with it. */
  take(record: Record): Iterable<TranscriptMessage>;
  /** What is left when there are no more records. */
  end(): Iterable<TranscriptMessage>;
}

/**
 * Reads records to their end.
 *
 * @param records What each says.
 * @param recordOf Understands one.
 * @param reading Makes messages of them.
 */
export async function* messagesIn<Record>(
  records: AsyncIterable<unknown>,
  recordOf: (value: unknown) => Record,
  reading: Reading<Record>,
): AsyncGenerator<TranscriptMessage> {
  for await (const value of records) yield* reading.take(recordOf(value));
  yield* reading.end();
}

/** Puts a conversation together. */
export class Conversation {
  #count = 0;
  #turn: Turn | undefined;
  #model: string | undefined;

  /** Whether the model has done anything since the user spoke last. */
  get isAnswered(): boolean {
    return this.#turn !== undefined && this.#turn.parts.length > 0;
  }

  /**
   * The model that writes from now on.
   *
   * @param model As `provider/model`; an empty one changes nothing.
   */
  uses(model: string): void {
    this.#model = model || this.#model;
  }

  /**
   * The user says something, which ends the turn.
   *
   * @param parts What.
   * @param told Where it stands.
   */
  *says(parts: readonly TranscriptPart[], { id, at }: Told = {}): Generator<TranscriptMessage> {
    yield* this.end();
    yield { id: id || this.#nextId(), role: "user", ...(at && { createdAt: at }), parts };
  }

  /** What is left when there are no more records. */
  *end(): Generator<TranscriptMessage> {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!turn || turn.parts.length === 0) return;
    yield {
      id: turn.id || this.#nextId(),
      role: "assistant",
      ...(turn.at && { createdAt: turn.at }),
      ...(this.#model && { model: this.#model }),
      ...(turn.tokens && { tokens: turn.tokens }),
      parts: turn.parts,
    };
  }

  /**
   * The model writes or thinks something.
   *
   * @param type Which of both.
   * @param text What; nothing where it is blank.
   * @param told Where it stands.
   */
  writes(type: "text" | "reasoning", text: string, told?: Told): void {
    if (text.trim() !== "") this.add({ type, text }, told);
  }

  /**
   * Whether the turn has a text already: some agents write down twice what is said.
   *
   * @param type What kind of text.
   * @param text What it says.
   */
  has(type: "text" | "reasoning", text: string): boolean {
    return this.#turn?.parts.some((part) => part.type === type && part.text === text) ?? false;
  }

  /**
   * The model calls a tool.
   *
   * @param call The agent's id of the call; an empty one gets no answer.
   * @param part What is known of it.
   * @param told Where it stands.
   */
  calls(call: string, part: Omit<ToolPart, "type">, told?: Told): void {
    const { calls, parts } = this.add({ type: "tool", ...part }, told);
    if (call !== "") calls.set(call, parts.length - 1);
  }

  /**
   * A call comes to an end, or to more than was known of it.
   *
   * @param call Which; one that nobody made is passed over.
   * @param settled Makes what is known now of what was.
   */
  settles(call: string, settled: (part: ToolPart) => ToolPart): void {
    const turn = this.#turn;
    const index = turn?.calls.get(call);
    const part = index === undefined ? undefined : turn?.parts[index];
    if (turn && index !== undefined && part?.type === "tool") turn.parts[index] = settled(part);
  }

  /**
   * The turn took tokens; those of its parts are summed up.
   *
   * @param tokens How many.
   */
  took(tokens: TokenCounts): void {
    if (!this.#turn) return;
    this.#turn.tokens = this.#turn.tokens ? sumOfTokens(this.#turn.tokens, tokens) : tokens;
  }

  /**
   * Something else happens in the turn.
   *
   * @param part What.
   * @param told Where it stands.
   * @returns The turn.
   */
  add(part: TranscriptPart, told: Told = {}): Turn {
    const turn: Turn = this.#turn ?? { ...told, parts: [], calls: new Map(), tokens: undefined };
    this.#turn = turn;
    turn.parts.push(part);
    return turn;
  }

  #nextId(): string {
    return `#${this.#count++}`;
  }
}
