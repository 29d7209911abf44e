/**
 * A server of OpenCode of our own, for what only its API does: started when it is needed, on the
 * loopback interface, behind a password of the moment, and ended with its user.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent as HttpAgent, type IncomingMessage, request, type RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ArchiveError, throwIfAborted } from "../../../core/errors.ts";
import type { Environment } from "./locations.ts";
import { endsWithUs } from "./process_tree.ts";
import { complaintIn, findStart, type Start } from "./program.ts";

/** What it answered. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The body. */
  readonly text: string;
}

/** A running server. */
export interface OwnServer {
  /**
   * Asks it something.
   *
   * @param method The HTTP method.
   * @param path The path, from the root.
   * @throws {ArchiveError} `Transient` or `Timeout` without an answer; it may have been done all the same.
   */
  request(method: string, path: string): Promise<Answer>;
  /** Ends it. */
  close(): Promise<void>;
}

/** What a server takes at most until it listens, in milliseconds. */
const SERVER_MS = 60_000;
/** What an answer takes at most, in milliseconds: large sessions are deleted row by row. */
const ANSWER_MS = 120_000;
/** So much of what it says is kept, in UTF-16 units. */
const MOST_SAID = 4_000;
/** The name that it wants with its password. */
const USER = "opencode";

/**
 * Starts one.
 *
 * @param command The program, as `findStart` takes it.
 * @param env Its environment; `OPENCODE_DB` says which database it serves.
 * @param signal Stops the start.
 * @throws {ArchiveError} `NotFound` without the program; `NotSupported` when it does not listen.
 */
export async function startOwnServer(
  command: string | undefined,
  env: Environment,
  signal?: AbortSignal,
): Promise<OwnServer> {
  const password = randomUUID();
  const start = await findStart(command, { ...env, ...settingsWith(password) });
  // Nobody's project, so that none of anybody's settings hold.
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-opencode-"));
  const removed = () => rm(folder, { recursive: true, force: true });
  const args = ["serve", "--hostname", "127.0.0.1", "--port", "0"];
  const child = await start(args, folder, { ownGroup: true })
    .catch(async (error) => {
      await removed();
      throw error;
    });
  const end = endsWithUs(child);
  const close = async () => {
    await end();
    await removed();
  };
  try {
    const address = await addressOf(child, signal);
    const authorization = `Basic ${btoa(`${USER}:${password}`)}`;
    return { request: (method, path) => ask(address + path, method, authorization), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** It has one thing to do: nothing is fetched for it, and it does not update itself. */
function settingsWith(password: string): Environment {
  return {
    OPENCODE_SERVER_USERNAME: USER,
    OPENCODE_SERVER_PASSWORD: password,
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
  };
}

/** Reads until it says where it listens; the rest is read away, since a full pipe would stop it. */
async function addressOf(
  { stdout, stderr }: Awaited<ReturnType<Start>>,
  signal: AbortSignal | undefined,
): Promise<string> {
  let complaints = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-MOST_SAID);
  });
  const found = new Promise<string | undefined>((resolve) => {
    let said = "";
    stdout.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-MOST_SAID);
      // The whole line: another address may stand before it, and a part of the number name another.
      const address = /listening on (http:\/\/127\.0\.0\.1:\d+)\s/.exec(said);
      if (address) resolve(address[1]);
    });
    stdout.once("end", () => resolve(undefined));
    signal?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const address = await Promise.race([found, delay(SERVER_MS, undefined, { ref: false })]);
  throwIfAborted(signal, "starting OpenCode's server");
  if (address !== undefined) return address;
  throw new ArchiveError(
    "NotSupported",
    '"opencode serve" does not say where it listens, so no session was deleted; it complained of ' +
      (complaintIn(complaints) || "nothing"),
  );
}

async function ask(url: string, method: string, authorization: string): Promise<Answer> {
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    return await asked(url, method, { headers: { authorization }, signal: late });
  } catch (cause) {
    const isLate = late.aborted;
    const why = isLate ? `not within ${ANSWER_MS / 1000} seconds` : "the connection broke";
    throw new ArchiveError(
      isLate ? "Timeout" : "Transient",
      `OpenCode's server did not answer: ${why}`,
      { cause },
    );
  }
}

/** Not by `fetch`, which would go by the user's proxy even here. */
async function asked(url: string, method: string, how: RequestOptions): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { ...how, method, agent: new HttpAgent() }, resolve).on("error", reject).end();
  });
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return { status: response.statusCode ?? 0, text };
}
