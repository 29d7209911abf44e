/**
 * Where OpenCode keeps its databases on this machine.
 *
 * @module
 */

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where databases are and where they were looked for, as absolute paths. */
export interface Locations {
  /** Those that exist. */
  readonly stores: readonly string[];
  /** Every path that was looked at, in order. */
  readonly looked: readonly string[];
  /** Whether somebody named them, so that one which does not exist is a mistake. */
  readonly named: boolean;
}

/** A build of another channel than the usual ones keeps a database of its own. */
const DATABASE_NAME = /^opencode(-[^/\\]+)?\.db$/;

/**
 * Looks for OpenCode's databases: `$OPENCODE_DB`, else `opencode.db` and `opencode-<channel>.db` in
 * its data folder.
 *
 * @param env The environment to look in.
 */
export async function findDatabases(env: Environment): Promise<Locations> {
  const { join } = await import("node:path");
  const folder = await dataFolder(env);
  // A relative $OPENCODE_DB is taken from the data folder, an absolute one as it is.
  const { OPENCODE_DB: named } = env;
  if (named === ":memory:") return { stores: [], looked: [], named: false };
  if (named) return await whichExist([await joined(folder, named)], true);
  const usual = join(folder, "opencode.db");
  const others = (await namesIn(folder))
    .filter((name) => DATABASE_NAME.test(name) && name !== "opencode.db").sort();
  return await whichExist([usual, ...others.map((name) => join(folder, name))], false);
}

/**
 * Tells which of some databases exist.
 *
 * @param paths Their paths; relative ones count from the working directory.
 * @param named Whether somebody named them.
 */
export async function whichExist(
  paths: readonly string[],
  named: boolean,
): Promise<Locations> {
  const [{ stat }, { resolve }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
  ]);
  const looked = paths.map((path) => resolve(path));
  const stores: string[] = [];
  for (const path of looked) {
    const exists = await stat(path).then(() => true, (error) => error?.code !== "ENOENT");
    if (exists) stores.push(path);
  }
  return { stores, looked, named };
}

async function dataFolder(env: Environment): Promise<string> {
  const [{ join }, { homedir }] = await Promise.all([import("node:path"), import("node:os")]);
  const home = env.HOME || env.USERPROFILE || homedir();
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "opencode");
}

async function joined(folder: string, path: string): Promise<string> {
  const { isAbsolute, join } = await import("node:path");
  return isAbsolute(path) ? path : join(folder, path);
}

async function namesIn(folder: string): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  // A folder that cannot be listed holds no database that could be read.
  return await readdir(folder).catch(() => []);
}
