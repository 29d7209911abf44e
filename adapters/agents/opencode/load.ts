/**
 * Reads one session as `opencode export` would write it, in lines, in one short read transaction.
 *
 * The rows' JSON text is taken over as it stands, so that no number changes; it is parsed only to
 * know that it is whole. A row that is broken is kept as `{"$raw": base64}` and named.
 *
 * @module
 */
import type { LoadedSession, SessionRef, Unit } from "../../../core/agent.ts";
import { ArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { isRecord } from "../../../core/fields.ts";
import { Utf8Buffer } from "../../../core/document/utf8_buffer.ts";
import type { Connection } from "./connections.ts";
import { columnJson, isPlainObject, plainObjectBytes, rawObject } from "./column_json.ts";
import { sessionInfo } from "./info.ts";
import { jsonMembers, jsonObject } from "./json_members.ts";
import { FIRST_LINE } from "./native.ts";
import { type Schema, SESSION_COLUMNS } from "./schema.ts";
import { identityQuery, isoTime, safeNumber, sessionRef } from "./sessions.ts";
import type { Database, Row, Value } from "./sqlite.ts";
import { SummaryOfSession } from "./summary.ts";
import { unitsInPlace } from "./units.ts";

/**
 * Begins to load a session. The connection is given back when `native` has ended, or is left early,
 * or when this fails.
 *
 * @param connection A connection of its own.
 * @param id The session's id.
 * @param signal Stops it between two messages.
 * @throws {ArchiveError} `NotFound` when the database has no such session.
 */
export function loadSession(
  connection: Connection,
  id: string,
  signal?: AbortSignal,
): LoadedSession {
  const { database, schema } = connection;
  try {
    database.exec("BEGIN");
    const queries = queriesOf(schema);
    const [identity] = database.prepare(queries.identity).all(id);
    if (!identity) {
      throw new ArchiveError("NotFound", `${database.path} has no session ${id}`, { session: id });
    }
    const [row] = database.prepare(queries.session).all(id);
    return new SessionRows(connection, row, sessionRef(identity, database.path), signal);
  } catch (error) {
    connection.release(false);
    throw error;
  }
}

/** The queries of one session, which are the same for all sessions of a database. */
function queriesOf(schema: Schema): { readonly identity: string; readonly session: string } {
  const known = QUERIES.get(schema) ??
    { identity: `${identityQuery(schema)} WHERE s.id = ?`, session: sessionQuery(schema) };
  QUERIES.set(schema, known);
  return known;
}

const QUERIES = new WeakMap<Schema, ReturnType<typeof queriesOf>>();

function sessionQuery(schema: Schema): string {
  const columns = SESSION_COLUMNS.map((name) =>
    `${schema.session.has(name) ? safeNumber(name) : "NULL"} AS ${name}`
  );
  return `SELECT ${columns.join()} FROM session WHERE id = ?`;
}

class SessionRows implements LoadedSession {
  readonly id: string;
  readonly projectPath: string;
  readonly origin?: string;
  readonly createdAt: string;
  readonly token: string;
  readonly native: AsyncIterable<Uint8Array>;
  readonly #database: Database;
  readonly #schema: Schema;
  readonly #row: Row;
  readonly #signal?: AbortSignal;
  readonly #summary = new SummaryOfSession();
  readonly #warnings: string[] = [];
  #lastLine?: string;

  constructor(connection: Connection, row: Row, ref: SessionRef, signal?: AbortSignal) {
    const { database, schema } = connection;
    this.#database = database;
    this.#schema = schema;
    this.#row = row;
    this.#signal = signal;
    this.id = String(row.id);
    this.projectPath = ref.projectPath;
    this.origin = ref.origin;
    this.createdAt = isoTime(Number(row.time_created));
    this.token = ref.token;
    this.native = releasing(this.#lines(), connection);
    if (database.stale) {
      this.#warnings.push(
        `${database.path} lies on a read-only file system; what was last written to ` +
          `${database.path}-wal could not be read`,
      );
    }
  }

  summary() {
    this.#ended();
    return this.#summary.of(this.#row);
  }

  inPlace(): readonly Unit[] {
    return unitsInPlace(this.#ended());
  }

  warnings(): readonly string[] {
    this.#ended();
    return this.#warnings;
  }

  #ended(): string {
    if (this.#lastLine !== undefined) return this.#lastLine;
    throw new TypeError(`the native lines of session ${this.id} were not read to their end yet`);
  }

  async *#lines(): AsyncGenerator<Uint8Array> {
    const line = new Utf8Buffer();
    const taken = (text: string) => {
      line.text(text);
      return line.take();
    };
    yield taken(FIRST_LINE);
    const rows = this.#database.prepare(
      "SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id",
    ).iterate(this.id);
    try {
      for (let row = rows.next(); !row.done;) {
        throwIfAborted(this.#signal, `reading session ${this.id}`);
        this.#writeMessage(row.value, line);
        row = rows.next();
        yield taken(row.done ? "" : ",");
      }
    } finally {
      rows.return?.();
    }
    const info = sessionInfo(this.#row, (what) => this.#warnings.push(what));
    const lastLine = `],"info":${info},"todos":${this.#todos()}}`;
    this.#database.exec("COMMIT");
    this.#lastLine = lastLine;
    yield taken(lastLine);
  }

  #writeMessage({ id, data }: Row, line: Utf8Buffer): void {
    const sessionID = JSON.stringify(this.id);
    const messageID = JSON.stringify(id);
    const info = this.#spliced("message", id, data, `"id":${messageID},"sessionID":${sessionID}`);
    this.#summary.add(info.value);
    line.text(`{"info":${info.text},"parts":[`);
    const tail = `,"sessionID":${sessionID},"messageID":${messageID}`;
    let lead = "";
    for (const part of this.#database.prepare(PARTS_OF_MESSAGE).all(id)) {
      line.text(lead);
      this.#writePart(part, `"id":${JSON.stringify(part.id)}${tail}`, line);
      lead = ",";
    }
    line.text("]}");
  }

  #writePart({ id, data }: Row, members: string, line: Utf8Buffer): void {
    const bytes = plainObjectBytes(data);
    if (bytes === undefined) return line.text(this.#spliced("part", id, data, members).text);
    line.bytes(bytes.subarray(0, -1));
    line.text(`,${members}}`);
  }

  /** A row's JSON object followed by the members that OpenCode keeps in columns of their own. */
  #spliced(table: string, id: Value, data: Value, members: string): Spliced {
    const json = columnJson(data);
    if ("text" in json && isRecord(json.value)) {
      const has = OWN_COLUMNS.some((name) => name in (json.value as object));
      const text = has ? replacingMembers(json.text, members) : withMembers(json.text, members);
      return { text, value: json.value };
    }
    this.#warnings.push(
      `the row ${id} of table ${table} holds broken JSON; it is archived as it is, in base64`,
    );
    const raw = "text" in json ? rawObject(data) : json.broken;
    return { text: withMembers(raw, members), value: undefined };
  }

  #todos(): string {
    if (!this.#schema.todo) return "[]";
    const todos = this.#database.prepare(
      "SELECT content, status, priority FROM todo WHERE session_id = ? ORDER BY position",
    ).all(this.id);
    return JSON.stringify(todos.map(({ content, status, priority }) => ({
      content,
      status,
      priority,
    })));
  }
}

interface Spliced {
  readonly text: string;
  readonly value: unknown;
}

/** What OpenCode keeps in columns of their own, and adds to the data it exports. */
const OWN_COLUMNS: readonly string[] = ["id", "sessionID", "messageID"];

/** Parts that are plain come as bytes, to be taken over; all others as they are. */
const PARTS_OF_MESSAGE = `SELECT id, CASE WHEN ${
  isPlainObject(OWN_COLUMNS)
} THEN CAST(data AS BLOB) ELSE data END AS data FROM part WHERE message_id = ? ORDER BY id`;

function withMembers(text: string, members: string): string {
  const own = text.slice(1, -1).trim();
  return own === "" ? `{${members}}` : `{${own},${members}}`;
}

/** OpenCode spreads the data first: a name that is there already keeps its place. */
function replacingMembers(text: string, members: string): string {
  const all = jsonMembers(text);
  for (const [name, value] of jsonMembers(`{${members}}`)) all.set(name, value);
  return jsonObject(all);
}

/** The same lines; the connection is given back when they have ended or were left, even unread. */
function releasing(
  lines: AsyncGenerator<Uint8Array>,
  connection: Connection,
): AsyncIterable<Uint8Array> {
  let whole = false;
  const ended = async (step: Promise<IteratorResult<Uint8Array>>) => {
    try {
      const result = await step;
      if (result.done) connection.release(whole);
      return result;
    } catch (error) {
      connection.release(false);
      throw error;
    }
  };
  const iterator: AsyncIterator<Uint8Array> = {
    next: () =>
      ended(
        lines.next().then((result) => {
          whole ||= result.done === true;
          return result;
        }),
      ),
    return: () => ended(lines.return(undefined)),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
