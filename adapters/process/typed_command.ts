/**
 * What users type to run this program, so that each hint can be copied and run as it stands.
 *
 * @module
 */
import process from "node:process";

/**
 * Runs the npm package's program wherever npm is. OpenCode installs plugins where no shell looks for
 * programs; npm's runner finds them.
 */
export const PACKAGE_PROGRAM = "npx opencode-session-archiver";

/** How this process was started. */
export interface Start {
  /** `process.argv`. */
  readonly argv: readonly string[];
  /** `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `process.versions`. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/**
 * What was typed to start the npm package's program.
 *
 * @param start How this process was started.
 */
export function packageProgram({ argv, env, versions }: Start): string {
  const [folder, name] = (argv[1] ?? "").split(/[/\\]/).slice(-2);
  // Installed for the whole machine. In a project, or in npx's own folder, no shell looks for it.
  if (name === "session-archiver" && folder !== ".bin") return name;
  // An agent that embeds Bun leaves its user without one.
  const isBun = versions.bun !== undefined && env.BUN_BE_BUN === undefined;
  return isBun ? "bunx opencode-session-archiver" : PACKAGE_PROGRAM;
}

/**
 * What was typed to start the program in a checkout.
 *
 * @param env `process.env`.
 */
export function checkoutProgram(env: Start["env"]): string {
  // Deno itself came from npm then.
  return env.npm_command === "exec" ? "npx -y deno task archive" : "deno task archive";
}

/**
 * A command to type.
 *
 * @param program What runs the program.
 * @param command The command's name and arguments, as they are typed.
 * @param config The configuration that it is about, where the user named one.
 * @param platform The system whose shells it is typed into: `linux`, `darwin`, `win32`, …
 */
export function typedCommand(
  program: string,
  command: string,
  config?: string,
  platform: string = process.platform,
): string {
  if (config === undefined) return `${program} ${command}`;
  return `${program} ${command} --config ${quoted(config, platform)}`;
}

/**
 * A path as it is typed into the shells of a system, in quotes only where it needs some.
 *
 * @param path Which.
 * @param platform The system: `linux`, `darwin`, `win32`, …
 */
export function quoted(path: string, platform: string): string {
  // No path there has such quotes in it, and not all of its shells know others.
  if (platform === "win32") return /^[\w@%+=:,./\\~-]+$/.test(path) ? path : `"${path}"`;
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
