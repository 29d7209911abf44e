/**
 * The command line that an agent's settings get: this program, by absolute paths, on the runtime that
 * it was set up with. Agents hand it to a shell.
 *
 * It begins in the root, since some runtimes read settings from the folder they begin in, which is a
 * project; and whatever becomes of it, even when the program is gone, it says nothing and is content.
 *
 * @module
 */
import process from "node:process";
import { ownFile } from "../process/own_file.ts";
import { onOwnRuntime, type Runtime } from "../process/own_runtime.ts";
import { quoted } from "../process/typed_command.ts";
import type { HookAgent } from "./agents.ts";

/** A shell's way to write a command. */
export type Shell = "sh" | "cmd" | "powershell";

/** What a command line depends on. */
export interface CommandPlace {
  readonly platform: string;
  /** The configuration that the user named; absolute. */
  readonly config?: string;
  /** What it runs on; this process's own runtime by default. */
  readonly runtime?: Runtime;
  /** The program's module; this package's own by default. */
  readonly script?: URL;
}

/** The program that agents call. */
export const PROGRAM: URL = ownFile("../cli/bin", import.meta.url);

/**
 * The shell that an agent hands its hooks to.
 *
 * @param agent Which.
 * @param platform The system.
 */
export function shellOf(agent: HookAgent, platform: string): Shell {
  // There, Claude Code runs on the bash of Git.
  if (platform !== "win32" || agent === "claude-code") return "sh";
  return agent === "codex" ? "cmd" : "powershell";
}

/**
 * The command line.
 *
 * @param agent Who calls.
 * @param shell Who reads it.
 * @param place What it depends on.
 */
export function hookCommand(agent: HookAgent, shell: Shell, place: CommandPlace): string {
  const { config, runtime = process, script = PROGRAM } = place;
  const { command, args } = onOwnRuntime(script, { cwd: "/", runtime });
  const words = [
    ...[command, ...args].map((word) => inQuotes(word, shell)),
    ...["hook", agent],
    ...(config === undefined ? [] : ["--config", inQuotes(config, shell)]),
  ];
  return WRAPPED[shell](words.join(" "));
}

const WRAPPED: Readonly<Record<Shell, (call: string) => string>> = {
  sh: (call) => `cd / && ${call} >/dev/null 2>&1 || true`,
  cmd: (call) => `cd /d "%SystemRoot%" & ${call} >nul 2>&1 & exit /b 0`,
  powershell: (call) =>
    `try { Set-Location $env:SystemRoot; & ${call} *> $null } catch { }; exit 0`,
};

function inQuotes(word: string, shell: Shell): string {
  if (shell === "powershell") return `'${word.replaceAll("'", "''")}'`;
  return quoted(word, shell === "cmd" ? "win32" : "linux");
}

/** A call of this program, on whichever runtime and wherever it lies. */
const CALL =
  String.raw`.+[/\\]cli[/\\]bin\.[cm]?[jt]s['"]? hook (?:claude-code|codex|copilot|gemini)` +
  "(?: --config .+)?";
/** Whole command lines only: what somebody added to one is no longer this program's to take away. */
const OURS = Object.values(WRAPPED).map((wrapped) => {
  const [before, after] = wrapped("\0").split("\0").map(escaped);
  return new RegExp(`^${before}${CALL}${after}$`);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * Whether a command line is one of this program's.
 *
 * @param command Anything that stands in an agent's settings.
 */
export function isOurs(command: unknown): command is string {
  return typeof command === "string" && OURS.some((pattern) => pattern.test(command));
}

/**
 * What a command line of this program's goes by: the runtime and the program.
 *
 * @param command One for which {@linkcode isOurs} holds.
 */
export function pathsIn(command: string): readonly string[] {
  const words: readonly string[] = command.match(/(?:'(?:[^']|'')*'|\\'|"[^"]*"|[^\s'"])+/g) ?? [];
  const runtime = words[words.findIndex((word) => word === "&&" || word === "&") + 1];
  const program = words[words.indexOf("hook") - 1];
  return [runtime, program].map(plain);
}

function plain(word: string): string {
  if (word.startsWith('"')) return word.slice(1, -1);
  if (!word.includes("'")) return word;
  return word.replaceAll("'\\''", "\0").replaceAll("''", "\0").replaceAll("'", "")
    .replaceAll("\0", "'");
}
