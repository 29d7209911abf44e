/**
 * The configuration's file as text.
 *
 * @module
 */
import { constants } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../state/file_error.ts";
import { ConfigError } from "./complaints/config_error.ts";
import type { ConfigFile } from "./locate.ts";

/** What was read. */
export interface ConfigText {
  /** The text, without a byte order mark. */
  readonly text: string;
  /** The file's mode. */
  readonly mode: number;
}

/** The largest file, in bytes. */
const LARGEST = 1 << 20;

/**
 * Reads the file.
 *
 * @param file Which.
 * @returns Undefined when the default file is not there.
 * @throws {ConfigError} When it cannot be read, or was named and is not there.
 */
export async function readConfigFile(file: ConfigFile): Promise<ConfigText | undefined> {
  const { path, namedBy } = file;
  const handle = await openFile(file);
  if (handle === undefined) return undefined;
  try {
    const { mode, size } = await handle.stat().then((found) => {
      if (found.isFile()) return found;
      throw wrong(
        path,
        `is ${found.isDirectory() ? "a folder" : "no plain file"}; ${name(namedBy)}`,
      );
    });
    if (size > LARGEST) throw wrong(path, "is larger than 1 MiB; a configuration is a short text");
    return { text: decoded(await handle.readFile(), path), mode };
  } catch (error) {
    throw error instanceof ConfigError ? error : unreadable(error, file);
  } finally {
    await handle.close();
  }
}

async function openFile(file: ConfigFile) {
  try {
    // Not waiting for the writer of a pipe.
    return await open(file.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    if (missing && file.namedBy === undefined && await isAbsent(file.path)) return undefined;
    throw unreadable(error, file);
  }
}

/** Whether nothing is there, as opposed to a link whose end is not there just now. */
async function isAbsent(path: string): Promise<boolean> {
  for (let at = path;; at = dirname(at)) {
    const isLink = await lstat(at).then((found) => found.isSymbolicLink(), () => undefined);
    if (isLink === true) return await stat(at).then(() => true, () => false);
    if (isLink === false || dirname(at) === at) return true;
  }
}

function unreadable(error: unknown, { path, namedBy }: ConfigFile): ConfigError {
  const code = errorCode(error);
  const said = code === "ENOENT"
    ? namedBy === undefined
      ? "is a link, or below one, that leads nowhere; mend it, or put a file in its place"
      : `does not exist, and ${namedBy} names it; make it, or name another one`
    : code === "EISDIR"
    ? `is a folder; ${name(namedBy)}`
    : code === "EACCES" || code === "EPERM"
    ? `cannot be read (${code}); make it readable for this user`
    : `cannot be read (${code || "for a reason unknown"}); mend what is wrong with it`;
  return new ConfigError(path, [{ at: "", message: said }], error);
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrong(path, "is not UTF-8; save it in that encoding");
  }
}

function name(namedBy: string | undefined): string {
  return namedBy === undefined ? "put a file in its place" : `name a file with ${namedBy}`;
}

function wrong(path: string, message: string): ConfigError {
  return new ConfigError(path, [{ at: "", message }]);
}
