/**
 * The configuration as commands get it: read, its warnings shown, what is wrong with it told as
 * wrong usage.
 *
 * @module
 */
import { closest } from "../../core/closest.ts";
import { isConfigError } from "../config/complaints/config_error.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { CommonOptions } from "./call.ts";
import { ConfigurationError, UsageError } from "./exit.ts";
import type { Report } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads the configuration.
 *
 * @param options Which file, and the backend that it must have.
 * @param terminal Knows environment and working directory.
 * @param report Shows its warnings.
 * @throws {UsageError} When it is wrong, or has no such backend.
 */
export async function readConfiguration(
  { config: path, backend }: CommonOptions,
  terminal: Terminal,
  report: Report,
): Promise<Config> {
  const config = await load(terminal, path);
  for (const warning of config.warnings) await report.warn(warning);
  if (backend !== undefined) checkBackend("--backend", backend, config);
  return config;
}

async function load(terminal: Terminal, path: string | undefined): Promise<Config> {
  const { env, platform, cwd, program } = terminal;
  try {
    return await loadConfig({ env, platform, cwd, path, program });
  } catch (error) {
    if (isConfigError(error)) throw new ConfigurationError(error);
    throw error;
  }
}

/**
 * Makes sure that there is a backend of a name.
 *
 * @param what What the name was given as.
 * @param name The name.
 * @param config The configuration.
 * @throws {UsageError} When there is none; it lists all.
 */
export function checkBackend(what: string, name: string, { backends, path, exists }: Config): void {
  if (backends.has(name)) return;
  const names = [...backends.keys()];
  const meant = closest(name, names);
  const there = exists
    ? `${path} has ${names.join(", ")}`
    : `there is only ${names.join(", ")}, as there is no ${path}`;
  throw new UsageError(
    `${what} is ${JSON.stringify(name)}; ${there}${meant ? ` (did you mean ${meant}?)` : ""}`,
  );
}
