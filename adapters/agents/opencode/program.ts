/**
 * The `opencode` program: finding it and running it.
 *
 * @module
 */
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { ArchiveError } from "../../../core/errors.ts";
import type { Environment } from "./locations.ts";

/** How a run ended. */
export interface Run {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  /** What it wrote on standard output. */
  readonly out: string;
  /** The first lines of what it complained about, on one line. */
  readonly complaint: string;
}

/** Runs `opencode` with some arguments in a directory. */
export type Program = (args: readonly string[], directory: string) => Promise<Run>;

/** How {@linkcode Start} starts it. */
export interface StartOptions {
  /** In a process group of its own. */
  readonly ownGroup?: boolean;
}

/** Starts `opencode` with some arguments in a directory, its output and complaints in pipes. */
export type Start = (
  args: readonly string[],
  directory: string,
  options?: StartOptions,
) => Promise<ChildProcessByStdio<null, Readable, Readable>>;

/**
 * Finds the program, to run it to its end.
 *
 * @param command As {@linkcode findStart} takes it.
 * @param env As {@linkcode findStart} takes it.
 * @throws {ArchiveError} `NotFound`, saying what to install or set.
 */
export async function findProgram(
  command: string | undefined,
  env: Environment,
): Promise<Program> {
  const start = await findStart(command, env);
  return async (args, directory) => await endOf(await start(args, directory));
}

/**
 * Finds the program.
 *
 * @param command Its path or name; by default what `OPENCODE_BIN_PATH` says, which OpenCode's own
 * launcher heeds too, else `opencode`.
 * @param env Where `PATH` is, and what the program is started with.
 * @throws {ArchiveError} `NotFound`, saying what to install or set.
 */
export async function findStart(command: string | undefined, env: Environment): Promise<Start> {
  const file = await whichFile(command ?? (env.OPENCODE_BIN_PATH || "opencode"), env);
  if (file) return (args, directory, how) => start(file, args, directory, { ...how, env });
  throw new ArchiveError(
    "NotFound",
    `there is no program ${command ?? "opencode in PATH"}, which alone writes to its database; ` +
      "install OpenCode (https://opencode.ai), or name its program",
  );
}

async function whichFile(command: string, env: Environment): Promise<string | undefined> {
  const [{ access, constants, stat }, { delimiter, join, resolve }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
  ]);
  const isPath = /[/\\]/.test(command);
  const folders = isPath ? [resolve()] : (env.PATH ?? env.Path ?? "").split(delimiter);
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  for (const folder of folders.filter(Boolean)) {
    for (const ending of endings) {
      const file = (isPath ? resolve(folder, command) : join(folder, command)) + ending;
      const usable = await access(file, constants.X_OK).then(() => true, () => false);
      if (usable && (await stat(file)).isFile()) return file;
    }
  }
}

async function start(
  file: string,
  args: readonly string[],
  directory: string,
  { env, ownGroup = false }: StartOptions & { readonly env: Environment },
): ReturnType<Start> {
  const { spawn } = await import("node:child_process");
  // OpenCode takes the project from PWD, not from its working directory. Plugins have no business
  // here, and may take long to load.
  const settings = { cwd: directory, env: { ...env, PWD: directory, OPENCODE_PURE: "1" } };
  const isScript = /\.cmd$/i.test(file);
  const child = spawn(isScript ? `"${file}"` : file, isScript ? args.map(quoted) : args, {
    ...settings,
    stdio: ["ignore", "pipe", "pipe"],
    shell: isScript,
    // On Windows there are no groups, and it would get a window of its own.
    detached: ownGroup && process.platform !== "win32",
  });
  return await new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", (cause) => {
      const message = `${file} cannot be run: ${cause.message}`;
      reject(new ArchiveError("NotFound", message, { cause }));
    });
  });
}

async function endOf(child: Awaited<ReturnType<Start>>): Promise<Run> {
  const out: Uint8Array[] = [];
  const complaints: Uint8Array[] = [];
  child.stdout.on("data", (chunk: Uint8Array) => out.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => complaints.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out: textOf(out).trim(), complaint: complaintIn(textOf(complaints)) };
}

/** Quoted for the Windows shell. */
function quoted(argument: string): string {
  return `"${argument.replaceAll('"', '""')}"`;
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
}

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/**
 * What it complained about, without colours, on one line, not too long.
 *
 * @param text What it wrote on standard error.
 */
export function complaintIn(text: string): string {
  const plain = text.replace(COLOUR, "").split("\n").map((line) => line.trim());
  return plain.filter((line) => line !== "" && line !== "Error: Unexpected error").join(" ")
    .slice(0, 300);
}
