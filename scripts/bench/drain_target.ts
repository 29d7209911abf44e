/**
 * Where a relay brings sessions in a benchmark.
 *
 * @module
 */
import { type Backend, FileBackend, S3Backend } from "@session-archiver/archiver";
import { join } from "node:path";
import { type Documents, placeOf, putAll } from "./s3_puts.ts";
import { S3Server } from "./s3_server.ts";

/** As many as the relay sends to one backend. */
const AT_ONCE = 4;

/** A store with many places. */
export interface DrainTarget {
  /** What it is, for people. */
  readonly name: string;
  /** The backend at one of its places, as a configuration has it. */
  configured(place: string): unknown;
  /** The same backend, open. */
  open(place: string): Promise<Backend>;
  /** Lets go of it. */
  stop(): Promise<void>;
}

/** One that can be reached without this project, too. */
export interface S3Target extends DrainTarget {
  /** Puts documents into a place, and does nothing else. */
  putBare(documents: Documents, place: string): Promise<void>;
}

/**
 * The embedded server, in a process of its own.
 *
 * @param latencyMs How long it waits before each reply, in milliseconds.
 */
export async function s3Target(latencyMs: number): Promise<S3Target> {
  const server = await S3Server.start({ latencyMs });
  return {
    name: latencyMs ? `embedded S3, each reply ${latencyMs} ms late,` : "embedded S3",
    configured: (prefix) => ({ type: "s3", ...placeOf(server, prefix) }),
    open: (prefix) => S3Backend.open({ ...placeOf(server, prefix), env: {} }),
    putBare: (documents, prefix) => putAll(server, documents, prefix, AT_ONCE),
    stop: () => server.stop(),
  };
}

/**
 * A folder.
 *
 * @param folder Where its places are.
 */
export function folderTarget(folder: string): DrainTarget {
  return {
    name: "a folder",
    configured: (place) => ({ type: "file", path: join(folder, place) }),
    open: (place) => Promise.resolve(new FileBackend({ path: join(folder, place) })),
    stop: () => Promise.resolve(),
  };
}
