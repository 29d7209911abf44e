/**
 * The real OpenCode from npm, offline, in a throw-away home, with a fake model: for tests of what
 * only the real thing can show.
 *
 * The program is installed once into a folder beside the other temporary files, and used again.
 * `OPENCODE_BIN` names another one.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { access, mkdir, mkdtemp, realpath, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeFolder } from "../remove_folder.ts";
import { type FakeModel, type Reply, startFakeModel } from "./fake_model.ts";
import { madeOnce } from "./made_once.ts";

/** The version that the tests run against. */
export const OPENCODE_VERSION = "1.18.33";

/** What a run of the program takes at most, in milliseconds. */
export const RUN_MS = 120_000;
/** What a server takes at most to listen, and to end, in milliseconds. */
const SERVER_MS = 30_000;

/** A throw-away home of OpenCode. */
export interface OpenCodeHome {
  /** The folder that holds everything; removed in the end. */
  readonly folder: string;
  /** The environment OpenCode runs in. */
  readonly env: Record<string, string>;
  /** The path of the program. */
  readonly command: string;
  /** The path of its database, once it has run. */
  readonly database: string;
  /** The model it talks to. */
  readonly model: FakeModel;
  /** Makes a project folder. */
  project(name: string): Promise<string>;
  /** Runs `opencode run` with a prompt. */
  run(project: string, prompt: string): Promise<void>;
  /** Runs `opencode` with any arguments; fails when it does. */
  opencode(project: string, ...args: string[]): Promise<string>;
  /** What `opencode export` writes, through a file: into a pipe it cuts off. */
  export(session: string): Promise<unknown>;
  /** Starts `opencode serve`. */
  serve(project: string, options?: ServeOptions): Promise<OpenCodeServer>;
  /** Ends the model and removes the folder. */
  close(): Promise<void>;
}

/** How a server is started. */
export interface ServeOptions {
  /** In a process group of its own, which is ended as a whole. */
  readonly ownGroup?: boolean;
}

/** A running `opencode serve`. */
export interface OpenCodeServer {
  /** Where it listens, `http://127.0.0.1:PORT`. */
  readonly address: string;
  /** Makes a session in a project. */
  create(project: string): Promise<string>;
  /** Says something and waits for the answer. */
  prompt(project: string, session: string, text: string): Promise<void>;
  /** Says something that the model hangs on, then aborts the turn. */
  promptAndAbort(project: string, session: string, text: string): Promise<void>;
  /** Any request; the answer's JSON. */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Ends it, with a SIGTERM unless another signal is named. Safe to call twice. */
  close(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Makes a home.
 *
 * @param reply What the model does with a prompt; echoes by default, and hangs on `HANG`.
 * @param program The path of OpenCode; the installed one by default.
 */
export async function startOpenCodeHome(
  reply: (prompt: string) => Reply = echo,
  program?: string,
): Promise<OpenCodeHome> {
  const command = program ?? await installedOpenCode();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "opencode-home-")));
  const model = await startFakeModel(reply);
  const env = environmentIn(folder);
  await writeConfig(env.XDG_CONFIG_HOME, model.url);
  const opencode = async (project: string, ...args: string[]) => {
    const settings = { cwd: project, env: { ...env, PWD: project }, timeout: RUN_MS };
    const running = promisify(execFile)(command, args, settings);
    running.child.stdin?.end();
    return (await running).stdout;
  };
  return {
    folder,
    env,
    command,
    database: join(env.XDG_DATA_HOME, "opencode", "opencode.db"),
    model,
    opencode,
    async project(name) {
      const path = join(folder, "projects", name);
      await mkdir(path, { recursive: true });
      return path;
    },
    run: async (project, prompt) => void await opencode(project, "run", prompt),
    export: (session) => exported(command, env, folder, session),
    serve: (project, options) => startServer(command, env, project, model, options),
    async close() {
      await model.close();
      await removeFolder(folder);
    },
  };
}

/** Says what it was told; hangs where the prompt says so. */
export function echo(prompt: string): Reply {
  return prompt.includes("HANG") ? "hang" : { text: `echo: ${prompt}` };
}

function environmentIn(folder: string): Record<string, string> {
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    OPENCODE_TEST_HOME: folder,
  };
  for (const kind of ["DATA", "CONFIG", "CACHE", "STATE"]) {
    env[`XDG_${kind}_HOME`] = join(folder, kind.toLowerCase());
  }
  const switchedOff = ["MODELS_FETCH", "AUTOUPDATE", "LSP_DOWNLOAD", "SHARE", "DEFAULT_PLUGINS"];
  for (const what of [...switchedOff, "EXTERNAL_SKILLS"]) env[`OPENCODE_DISABLE_${what}`] = "1";
  return env;
}

async function writeConfig(folder: string, baseURL: string): Promise<void> {
  const config = {
    autoupdate: false,
    lsp: false,
    formatter: false,
    enabled_providers: ["fake"],
    model: "fake/echo",
    small_model: "fake/echo",
    permission: { "*": "allow" },
    provider: {
      fake: {
        npm: "@ai-sdk/openai-compatible",
        name: "fake",
        options: { baseURL, apiKey: "none" },
        models: { echo: { name: "echo" } },
      },
    },
  };
  await mkdir(join(folder, "opencode"), { recursive: true });
  await writeFile(join(folder, "opencode", "opencode.json"), JSON.stringify(config));
}

async function exported(
  command: string,
  env: Record<string, string>,
  folder: string,
  session: string,
): Promise<unknown> {
  const path = join(folder, `${session}.export.json`);
  const file = await open(path, "w");
  try {
    const child = spawn(command, ["export", session], {
      cwd: folder,
      env: { ...env, PWD: folder },
      stdio: ["ignore", file.fd, "ignore"],
      timeout: RUN_MS,
    });
    const code = await ended(child);
    if (code !== 0) throw new Error(`opencode export ${session} ended with ${code}`);
  } finally {
    await file.close();
  }
  return JSON.parse(await readFile(path, "utf8"));
}

async function startServer(
  command: string,
  env: Record<string, string>,
  project: string,
  model: FakeModel,
  { ownGroup = false }: ServeOptions = {},
): Promise<OpenCodeServer> {
  const child = spawn(command, ["serve", "--hostname", "127.0.0.1", "--port", "0"], {
    cwd: project,
    env: { ...env, PWD: project },
    stdio: ["ignore", "pipe", "inherit"],
    detached: ownGroup,
  });
  const address = await inTime(child, "listen", addressOf(child));
  const request = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${address}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const path = (session: string, what: string, directory: string) =>
    `/session/${session}/${what}?directory=${encodeURIComponent(directory)}`;
  const said = (text: string) => ({ parts: [{ type: "text", text }] });
  return {
    address,
    request,
    async create(directory) {
      const at = `/session?directory=${encodeURIComponent(directory)}`;
      return (await request("POST", at, {}) as { id: string }).id;
    },
    prompt: async (directory, session, text) =>
      void await request("POST", path(session, "message", directory), said(text)),
    async promptAndAbort(directory, session, text) {
      const answered = request("POST", path(session, "message", directory), said(text));
      // An answer that comes all the same, or a request that times out, ends the wait.
      await Promise.race([model.hanging(), answered.then(() => undefined)]);
      await request("POST", path(session, "abort", directory));
      // How an aborted turn answers is not what is tested.
      await answered.catch(() => undefined);
    },
    async close(signal = "SIGTERM") {
      if (ownGroup && child.pid && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, signal);
      } else child.kill(signal);
      await inTime(child, "end", ended(child));
    },
  };
}

/** Kills a server that takes too long, and fails. */
async function inTime<T>(child: ChildProcess, what: string, waiting: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`opencode serve did not ${what} within ${SERVER_MS} ms`));
    }, SERVER_MS);
  });
  return await Promise.race([waiting, late]).finally(() => clearTimeout(timer));
}

async function addressOf(child: ChildProcess): Promise<string> {
  let said = "";
  for await (const chunk of child.stdout!) {
    said += chunk;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
    if (!found) continue;
    // Left unread, a full pipe would stop the server.
    child.stdout!.resume();
    return found[0];
  }
  throw new Error(`opencode serve ended before it listened: ${said}`);
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child.exitCode);
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
}

/** The program's path; installs it when it is not there yet. */
export async function installedOpenCode(): Promise<string> {
  if (process.env.OPENCODE_BIN) return process.env.OPENCODE_BIN;
  const folder = join(tmpdir(), `session-archiver-opencode-${OPENCODE_VERSION}`);
  const command = join(folder, "node_modules", ".bin", "opencode");
  const look = () => access(command).then(() => command, () => undefined);
  return await madeOnce(`${folder}.lock`, look, async () => {
    const fresh = await mkdtemp(`${folder}-`);
    const what = ["install", "--no-audit", "--no-fund", `opencode-ai@${OPENCODE_VERSION}`];
    await promisify(execFile)("npm", ["--prefix", fresh, ...what], { cwd: fresh });
    await rename(fresh, folder);
    return command;
  });
}
