/**
 * Tells how archiving stands: to people with the answer first, to programs with all of it.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import type { Config } from "../../config/config.ts";
import { isConfigError } from "../../config/complaints/config_error.ts";
import { configFile } from "../../config/locate.ts";
import { statePath } from "../../state/location.ts";
import type { Call } from "../call.ts";
import { showsColours } from "../colours.ts";
import { sectionLines } from "../doctor/table.ts";
import { ConfigurationError, EXIT, type ExitCode } from "../exit.ts";
import { standingFindings } from "./findings.ts";
import { judge } from "./judgement.ts";
import { type Standing, standingOf } from "./standing.ts";

/** What `status --json` prints. */
export interface StatusJson extends Standing {
  /** Whether nobody is needed. */
  readonly well: boolean;
  /** The same in a line, with how much is archived and waits. */
  readonly summary: string;
}

/**
 * Tells how archiving stands.
 *
 * @param call Who asks.
 * @param named The configuration file that the user named.
 * @returns 1 where somebody is needed.
 * @throws {ConfigurationError} When it cannot even be told which file the configuration is.
 */
export async function status(call: Call, named: string | undefined): Promise<ExitCode> {
  const { terminal: { env, platform }, report } = call;
  const config = await configOf(call);
  const path = pathOf(call, config, named);
  const state = statePath({ env, platform, configPath: path });
  const standing = await standingOf(call, { config, path, state });
  const now = Date.now();
  const { well, line } = judge(standing, now);
  const answer: StatusJson = { well, summary: line, ...standing };
  if (report.style.json) await report.json(answer);
  else await tell(call, line, [...standingFindings(call, standing, now), ...places(standing)]);
  return well ? EXIT.done : EXIT.failed;
}

/** What waits is worth telling whatever is wrong with the configuration. */
async function configOf(call: Call): Promise<Config | ConfigurationError> {
  try {
    return await call.config();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function pathOf(
  { terminal }: Call,
  config: Config | ConfigurationError,
  named: string | undefined,
): string {
  if (!(config instanceof ConfigurationError)) return config.path;
  const { env, platform } = terminal;
  try {
    return configFile({ env, platform, cwd: () => terminal.cwd(), path: named }).path;
  } catch (error) {
    throw isConfigError(error) ? config : error;
  }
}

function places({ config: { path, exists, problem }, log }: Standing): Finding[] {
  const there = exists || problem !== undefined;
  return [
    {
      check: "configuration",
      status: problem === undefined ? "ok" : "failed",
      detail: there ? path : `${path} (not there: everything goes to the default folder)`,
    },
    { check: "log", status: "ok", detail: log },
  ];
}

/** The answer is what `--quiet` leaves. */
async function tell(
  { report, terminal }: Call,
  line: string,
  findings: readonly Finding[],
): Promise<void> {
  const section = { title: line, place: "", findings: report.style.quiet ? [] : findings };
  const coloured = showsColours(terminal.stdout, terminal);
  await report.print(`${sectionLines(section, coloured).join("\n")}\n`);
}
