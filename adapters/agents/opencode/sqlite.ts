/**
 * One tiny read-only window onto an SQLite file, over whichever SQLite the runtime brings along.
 * Every failure leaves here as an `ArchiveError` that names the file. Knows nothing of OpenCode.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { ArchiveError } from "../../../core/errors.ts";

/** What a column may hold. */
export type Value = string | number | bigint | null | Uint8Array;

/** One row, by column name. */
export type Row = Record<string, Value>;

/** A prepared query. */
export interface Query {
  /** All rows at once. */
  all(...params: Value[]): Row[];
  /** Row by row. Stopping early lets go of the rest. */
  iterate(...params: Value[]): IterableIterator<Row>;
}

/** A database that is open for reading. */
export interface Database {
  /** The absolute path of its file. */
  readonly path: string;
  /** What was written last cannot be seen: see {@linkcode openDatabase}. */
  readonly stale: boolean;
  /** Prepares a query; the same text gives the same one, for one use at a time. */
  prepare(sql: string): Query;
  /** Runs a statement that gives no rows. */
  exec(sql: string): void;
  /** Lets go of the file. Safe to call twice. */
  close(): void;
}

/** What the runtimes' own databases have in common. */
interface Driver {
  prepare(sql: string): Query;
  exec(sql: string): void;
  close(): void;
}

/** Opens a path, or a `file:` URI, for reading. */
export type Opener = (location: string) => Driver;

/** How long to wait for a lock, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/**
 * Opens a database for reading. On a read-only file system, where SQLite cannot make the files
 * beside it that it needs, the file is read as it stands; if its write-ahead log holds anything,
 * that is not seen and the database says it is `stale`.
 *
 * @param path The absolute path of its file.
 * @param options How long to wait for a lock, in milliseconds; and which SQLite to use.
 * @throws {ArchiveError} `NotFound`, `Unauthorized`, `Corrupt`, `Timeout`, `NotSupported`.
 */
export async function openDatabase(
  path: string,
  options: { busyTimeout?: number; opener?: Opener } = {},
): Promise<Database> {
  const { stat } = await import("node:fs/promises");
  await stat(path).catch((cause) => {
    throw cause?.code === "ENOENT"
      ? new ArchiveError("NotFound", `there is no database ${path}; correct its path`, { cause })
      : new ArchiveError("Unauthorized", `${path} cannot be looked at: ${cause.message}`, {
        cause,
      });
  });
  const opener = options.opener ?? await runtimeOpener();
  const busyTimeout = Math.trunc(options.busyTimeout ?? BUSY_TIMEOUT);
  try {
    return wrapped(opened(opener, path, busyTimeout), path, false);
  } catch (error) {
    if (sqliteCode(error) !== CANTOPEN) throw databaseError(error, path);
    return await openedAsItStands(opener, path, error);
  }
}

function opened(opener: Opener, location: string, busyTimeout: number): Driver {
  const driver = opener(location);
  try {
    driver.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    // The file is first touched by a query; what is wrong with it shall show here.
    driver.prepare("SELECT count(*) FROM sqlite_schema").all();
    return driver;
  } catch (error) {
    driver.close();
    throw error;
  }
}

async function openedAsItStands(opener: Opener, path: string, why: unknown): Promise<Database> {
  const [{ stat }, { pathToFileURL }] = await Promise.all([
    import("node:fs/promises"),
    import("node:url"),
  ]);
  try {
    const driver = opened(opener, `${pathToFileURL(path)}?immutable=1`, 0);
    const log = await stat(`${path}-wal`).then((found) => found.size, () => 0);
    return wrapped(driver, path, log > 0);
  } catch {
    throw databaseError(why, path);
  }
}

function wrapped(driver: Driver, path: string, stale: boolean): Database {
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw databaseError(error, path);
    }
  };
  const prepare = (sql: string): Query => {
    const query = named(() => driver.prepare(sql));
    return {
      all: (...params) => named(() => query.all(...params)),
      *iterate(...params) {
        try {
          yield* query.iterate(...params);
        } catch (error) {
          throw databaseError(error, path);
        }
      },
    };
  };
  const queries = new Map<string, Query>();
  let open = true;
  return {
    path,
    stale,
    exec: (sql) => named(() => driver.exec(sql)),
    prepare(sql) {
      const query = queries.get(sql) ?? prepare(sql);
      queries.set(sql, query);
      return query;
    },
    close() {
      if (open) driver.close();
      open = false;
    },
  };
}

/**
 * The SQLite of this runtime.
 *
 * @param load How a module is loaded; the runtime's own `import` by default.
 * @param runtime What runs this; Deno counts as Node, whose SQLite it has.
 * @throws {ArchiveError} `NotSupported` where there is none, as on Node 20.
 */
export async function runtimeOpener(
  load: (specifier: string) => Promise<unknown> = (specifier) => import(specifier),
  runtime: "Bun" | "Node" = ("Bun" in globalThis) ? "Bun" : "Node",
): Promise<Opener> {
  const specifier = runtime === "Bun" ? "bun:sqlite" : "node:sqlite";
  try {
    const module = await withoutExperimentalWarning(() => load(specifier));
    return runtime === "Bun" ? bunOpener(module as BunSqlite) : nodeOpener(module as NodeSqlite);
  } catch (cause) {
    throw new ArchiveError(
      "NotSupported",
      "this runtime has no SQLite to read OpenCode's database with; use Deno, Node >= 22.13 or Bun",
      { cause },
    );
  }
}

type NodeSqlite = { DatabaseSync: typeof DatabaseSync };

function nodeOpener({ DatabaseSync }: NodeSqlite): Opener {
  return (location) => {
    const database = new DatabaseSync(location, { readOnly: true });
    return {
      prepare: (sql) => database.prepare(sql) as unknown as Query,
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
    };
  };
}

type BunSqlite = { Database: new (location: string, flags: number) => BunDatabase };
type BunDatabase = Omit<Driver, "prepare"> & {
  prepare(sql: string): Query & { finalize(): void };
};

/** Bun takes a URI only when it is told so: `SQLITE_OPEN_READONLY | SQLITE_OPEN_URI`. */
const BUN_FLAGS = 0x01 | 0x40;

function bunOpener({ Database }: BunSqlite): Opener {
  return (location) => {
    const database = new Database(location, BUN_FLAGS);
    const queries: { finalize(): void }[] = [];
    return {
      prepare(sql) {
        const query = database.prepare(sql);
        queries.push(query);
        return query;
      },
      exec: (sql) => database.exec(sql),
      close() {
        // Bun lets go of the file only when no query is left half read.
        for (const query of queries) query.finalize();
        database.close();
      },
    };
  };
}

/** Node 22 warns of its SQLite whenever it is loaded; that is no news to anyone. */
async function withoutExperimentalWarning<T>(work: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes("SQLite")) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  }) as typeof emitWarning;
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** SQLite's primary result codes, as far as they mean something here. */
const PERM = 3, BUSY = 5, LOCKED = 6, READONLY = 8, IOERR = 10, CORRUPT = 11;
const CANTOPEN = 14, NOTADB = 26;

function sqliteCode(error: unknown): number | undefined {
  const { errcode, errno, message } = error as {
    errcode?: number;
    errno?: number;
    message?: string;
  };
  const code = errcode ?? errno;
  if (code !== undefined) return code & 0xff;
  // Deno tells no code when opening fails.
  if (message?.startsWith("unable to open database file")) return CANTOPEN;
  if (message === "disk I/O error") return IOERR;
  return undefined;
}

function databaseError(cause: unknown, path: string): ArchiveError {
  if (cause instanceof ArchiveError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  switch (sqliteCode(cause)) {
    case BUSY:
    case LOCKED:
      return new ArchiveError(
        "Timeout",
        `${path} is locked by another program; try again, or close what holds it`,
        { cause },
      );
    case CORRUPT:
    case NOTADB:
      return new ArchiveError(
        "Corrupt",
        `${path} is damaged or no SQLite database (${said}); nothing in it was changed`,
        { cause },
      );
    case PERM:
    case READONLY:
    case CANTOPEN:
      return new ArchiveError(
        "Unauthorized",
        `${path} cannot be opened (${said}); check that this user may read it and its folder`,
        { cause },
      );
    case IOERR:
      return new ArchiveError(
        "Transient",
        `${path} cannot be read (${said}); check that it is a file on a healthy disk`,
        { cause },
      );
    default:
      return new ArchiveError("Corrupt", `${path} cannot be read: ${said}`, { cause });
  }
}
