/**
 * A session taken apart into what must not get lost: messages, parts, todos, the session's own
 * facts.
 *
 * @module
 */
import type { Unit } from "../../../core/agent.ts";
import { fieldsOf } from "../../../core/fields.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { readNative } from "./native.ts";

/**
 * What of a session's `info` comes and goes by itself: a revert that was begun, a link that was
 * shared, what may be done, counters, clocks.
 */
const VOLATILE: ReadonlySet<string> = new Set([
  "revert",
  "share",
  "permission",
  "summary",
  "time",
]);

/**
 * Takes native lines apart, in their order.
 *
 * @param native The lines of a document, of whatever age.
 */
export async function* unitsOf(native: AsyncIterable<string>): AsyncGenerator<Unit> {
  let index = 0;
  for await (const piece of readNative(native)) {
    if (piece.kind === "message") yield* unitsOfMessage(piece.value, index++);
    else yield* unitsOfRest(piece.value);
  }
}

/**
 * The units of the last line: what changes in place.
 *
 * @param lastLine It, as `LoadedSession.native` gives it.
 */
export function unitsInPlace(lastLine: string): Unit[] {
  const { messages: _none, ...rest } = JSON.parse(`{"messages":[${lastLine}`);
  return [...unitsOfRest(rest)];
}

function* unitsOfMessage(message: unknown, index: number): Generator<Unit> {
  const { info, parts, ...more } = fieldsOf(message);
  const own = idOf(info) ?? `#${index}`;
  if (info === undefined) return yield { id: `message:${own}`, value: message };
  yield { id: `message:${own}`, value: info };
  if (Array.isArray(parts)) {
    for (const [position, part] of parts.entries()) {
      yield { id: `part:${idOf(part) ?? `${own}#${position}`}`, value: part };
    }
  } else if (parts !== undefined) yield { id: `parts:${own}`, value: parts };
  if (Object.keys(more).length > 0) yield { id: `more:${own}`, value: more };
}

function idOf(value: unknown): string | undefined {
  const { id } = fieldsOf(value);
  return typeof id === "string" ? id : undefined;
}

function* unitsOfRest(rest: Readonly<Record<string, unknown>>): Generator<Unit> {
  for (const [name, value] of Object.entries(rest)) {
    if (name === "info") yield { id: "info", value: withoutVolatile(value) };
    else if (name === "todos" && Array.isArray(value)) {
      yield* unitsOfTodos(value);
    } else yield { id: `native:${name}`, value };
  }
}

/** A todo is known by what it says: OpenCode gives it no id, and lists are put in another order. */
function* unitsOfTodos(todos: readonly unknown[]): Generator<Unit> {
  const seen = new Map<string, number>();
  for (const todo of todos) {
    const { content } = fieldsOf(todo);
    const says = sha256Hex(typeof content === "string" ? content : JSON.stringify(todo));
    const count = seen.get(says) ?? 0;
    seen.set(says, count + 1);
    yield { id: `todo:${says.slice(0, 12)}${count > 0 ? `#${count}` : ""}`, value: todo };
  }
}

function withoutVolatile(info: unknown): unknown {
  if (typeof info !== "object" || info === null || Array.isArray(info)) return info;
  return Object.fromEntries(Object.entries(info).filter(([name]) => !VOLATILE.has(name)));
}
