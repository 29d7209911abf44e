/**
 * A service that archives for as long as its user is logged in, as the system's own service manager is
 * told of it: `run --watch`, begun again when it ends by itself. Only text: nothing is installed here.
 *
 * @module
 */
import process from "node:process";
import { PROGRAM } from "../hooks/command.ts";
import { onOwnRuntime, type Runtime } from "../process/own_runtime.ts";

/** A service manager. */
export type ServiceManager = "systemd" | "launchd";

/** What a service is. */
export interface Service {
  /** What to start, and its arguments. */
  readonly command: readonly string[];
  /** Environment variables that it needs to see what its user sees. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a service depends on. */
export interface ServicePlace {
  /** The environment of its user. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration that the user named; absolute. */
  readonly config?: string;
  /** What it runs on; this process's own runtime by default. */
  readonly runtime?: Runtime;
  /** The program's module; this package's own by default. */
  readonly script?: URL;
}

/** Variables that say where things are, which a service manager does not hand on. None is a secret. */
const PLACES = [
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "SESSION_ARCHIVER_CONFIG",
  "OPENCODE_DB",
  "CLAUDE_CONFIG_DIR",
  "CODEX_HOME",
  "COPILOT_HOME",
  "GEMINI_CLI_HOME",
  "AWS_PROFILE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
];

/** What every service sees of itself. */
const GIVEN: ReadonlySet<string> = new Set([...PLACES, "HOME", "USER", "LOGNAME", "HOSTNAME"]);
/** Variables that the AWS SDK takes keys from. */
const KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/**
 * The variables that are set here and that a service will miss; they may be secrets.
 *
 * @param env The environment of its user.
 * @param named Those that the configuration names.
 */
export function missedVariables(
  env: ServicePlace["env"],
  named: Iterable<string>,
): readonly string[] {
  return [...new Set([...named, ...KEYS])].filter((name) => env[name] && !GIVEN.has(name));
}

/**
 * The service of a user.
 *
 * @param place What it depends on.
 */
export function serviceOf(place: ServicePlace): Service {
  const { env, config, runtime = process, script = PROGRAM } = place;
  // Where it begins, there is nothing that a runtime would read settings from.
  const { command, args } = onOwnRuntime(script, { cwd: "/", runtime });
  const named = config === undefined ? [] : ["--config", config];
  return {
    command: [command, ...args, "run", "--watch", ...named],
    env: Object.fromEntries(
      PLACES.flatMap((name) => env[name] ? [[name, env[name]] as const] : []),
    ),
  };
}

/**
 * The manager of a system.
 *
 * @param platform `linux`, `darwin`, `win32`, …
 * @returns Undefined where there is none that this program knows.
 */
export function managerOf(platform: string): ServiceManager | undefined {
  if (platform === "darwin") return "launchd";
  return platform === "linux" ? "systemd" : undefined;
}
