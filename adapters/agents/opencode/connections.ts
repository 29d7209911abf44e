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

/** The connections of one agent. */
export class Connections {
  readonly #open: (path: string) => Promise<Database>;
  readonly #idle = new Map<string, Omit<Connection, "release">[]>();
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
    const { database, schema } = this.#idle.get(path)?.pop() ?? await this.#connect(path);
    let lent = true;
    const release = (reusable: boolean) => {
      if (!lent) return;
      lent = false;
      if (!reusable || this.#keepers === 0) return database.close();
      this.#idle.set(path, [...this.#idle.get(path) ?? [], { database, schema }]);
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
