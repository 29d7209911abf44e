/**
 * Open databases, lent to one reader at a time. While somebody looks through the sessions, those
 * that are given back are kept for the next load: opening one and learning its schema costs as much
 * as reading a small session.
 *
 * @module
 */
import { readSchema, type Schema } from "./schema.ts";
import type { Database } from "./sqlite.ts";

/** A database that is lent to one reader. */
export interface Connection {
  /** Outside any transaction. */
  readonly database: Database;
  /** What it has. */
  readonly schema: Schema;
  /**
   * Gives it back.
   *
   * @param reusable Whether every query was read to its end and no transaction is open.
   */
  release(reusable: boolean): void;
}

/** A connection that nobody has, and the very file that it is open on. */
type Idle = Omit<Connection, "release"> & { readonly file: string | undefined };

/** The connections of one agent. */
export class Connections {
  readonly #open: (path: string) => Promise<Database>;
  readonly #idle = new Map<string, Idle[]>();
  #keepers = 0;

  /** @param open Opens a database by its path. */
  constructor(open: (path: string) => Promise<Database>) {
    this.#open = open;
  }

  /**
   * Lends a connection, until its `release`.
   *
   * @param path The database's path.
   */
  async lend(path: string): Promise<Connection> {
    const file = fileAt(path);
    const { database, schema } = this.#idleOn(path, file) ?? await this.#connect(path);
    let lent = true;
    const release = (reusable: boolean) => {
      if (!lent) return;
      lent = false;
      if (!reusable || this.#keepers === 0) return database.close();
      this.#idle.set(path, [...this.#idle.get(path) ?? [], { database, schema, file }]);
    };
    return { database, schema, release };
  }

  /**
   * Keeps connections that are given back open while `work` goes on.
   *
   * @param work What makes it worth while.
   */
  async *keepingOpen<T>(work: AsyncIterable<T>): AsyncGenerator<T> {
    this.#keepers++;
    try {
      yield* work;
    } finally {
      if (--this.#keepers === 0) this.#closeIdle();
    }
  }

  /** One that was given back; those on a file that is no longer there are of no more use. */
  #idleOn(path: string, file: string | undefined): Idle | undefined {
    const idle = this.#idle.get(path) ?? [];
    while (idle.length > 0 && idle.at(-1)?.file !== file) idle.pop()?.database.close();
    return idle.pop();
  }

  async #connect(path: string) {
    const database = await this.#open(path);
    try {
      return { database, schema: readSchema(database) };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #closeIdle(): void {
    for (const { database } of [...this.#idle.values()].flat()) database.close();
    this.#idle.clear();
  }
}

/** Names the very file at a path; undefined where it cannot be seen. */
function fileAt(path: string): string | undefined {
  // Like the queries it holds up everything else, but for far less time than a promise of it takes.
  const { statSync } = process.getBuiltinModule("node:fs");
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
