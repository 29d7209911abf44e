/**
 * Starts the loopback S3 server in a process of its own and asks it what it was asked.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import process from "node:process";
import type { S3BackendOptions } from "@session-archiver/archiver";
import { childCommand } from "./measure.ts";

/** What the server starts with. */
export interface S3ServerOptions {
  /** Milliseconds before every reply; 0 by default. */
  readonly latencyMs?: number;
  /** Archives that lie there already: so many projects, days a project and archives a day. */
  readonly filled?: { readonly projects: number; readonly days: number; readonly aDay: number };
}

/** A server that runs. */
export class S3Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  /** How to reach it. */
  readonly place: Pick<Required<S3BackendOptions>, "endpoint" | "region" | "credentials">;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    reader: Interface,
    lines: AsyncIterator<string>,
    place: S3Server["place"],
  ) {
    this.#child = child;
    this.#reader = reader;
    this.#lines = lines;
    this.place = place;
  }

  /**
   * Starts a server with an empty bucket `archives`, or one that is filled.
   *
   * @param options Latency and content.
   */
  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const { latencyMs = 0, filled = { projects: 0, days: 0, aDay: 0 } } = options;
    const args = childCommand("s3_server_child.ts", [JSON.stringify({ latencyMs, ...filled })]);
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    child.stderr.pipe(process.stderr);
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    return new S3Server(child, reader, lines, await said(lines));
  }

  /** How often each operation was asked for since the last time. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    this.#child.stdin.write("counts\n");
    return await said(this.#lines);
  }

  /** Stops it, and waits until it has ended. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
    this.#reader.close();
  }
}

async function said<T>(lines: AsyncIterator<string>): Promise<T> {
  const next = await lines.next();
  if (next.done) throw new Error("the server ended before it said what was asked");
  return JSON.parse(next.value);
}
