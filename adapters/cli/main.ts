/**
 * The program behind `archive`: takes a command line to its command and gives back the exit code.
 *
 * @module
 */
import { oneLine } from "../../core/one_line.ts";
import type { Config } from "../config/config.ts";
import { typedCommand } from "../process/typed_command.ts";
import type { Call, CommonOptions, Perform } from "./call.ts";
import { EXIT, type ExitCode, exitCodeOf, UsageError } from "./exit.ts";
import { Report, type Style } from "./report.ts";
import { ClosedPipe, type StopSignal, type Terminal } from "./terminal.ts";

/**
 * Runs the program once.
 *
 * @param argv The arguments, without the program's name.
 * @param terminal Its surroundings.
 * @returns 0 done, 1 something failed, 2 wrong usage or configuration.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const stop = new AbortController();
  const ignore = terminal.onStop((signal) => stop.abort(new Error(`stopped by ${NAMES[signal]}`)));
  let report = new Report(terminal, styleOf(argv, terminal));
  let exitCode: ExitCode = EXIT.done;
  const perform: Perform = async (options, work) => {
    report = new Report(terminal, { ...options, debug: report.style.debug });
    exitCode = await work(callOf(options, terminal, report, stop.signal));
  };
  try {
    await parse(argv, terminal, perform);
    return exitCode;
  } catch (error) {
    if (error instanceof ClosedPipe) return EXIT.done;
    return await failed(error, report);
  } finally {
    ignore();
  }
}

const NAMES: Readonly<Record<StopSignal, string>> = { SIGINT: "Ctrl-C", SIGTERM: "SIGTERM" };

function callOf(
  options: CommonOptions,
  terminal: Terminal,
  report: Report,
  signal: AbortSignal,
): Call {
  let config: Promise<Config> | undefined;
  const read = async () =>
    await (await import("./configuration.ts")).readConfiguration(options, terminal, report);
  const { backend, timeout } = options;
  return {
    ...{ terminal, report, signal, backend },
    timeoutMs: timeout === undefined ? undefined : timeout * 1_000,
    command: (name) => typedCommand(terminal.program, name, options.config, terminal.platform),
    config: () => config ??= read(),
  };
}

/** How to speak before the command line is understood. */
function styleOf(argv: readonly string[], { env }: Terminal): Style {
  const debug = argv.includes("--debug") || Boolean(env.SESSION_ARCHIVER_DEBUG);
  return { json: argv.includes("--json"), debug };
}

async function failed(error: unknown, report: Report): Promise<ExitCode> {
  try {
    await report.live();
    await report.error(error);
  } catch (closed) {
    if (!(closed instanceof ClosedPipe)) throw closed;
  }
  return exitCodeOf(error);
}

async function parse(
  argv: readonly string[],
  terminal: Terminal,
  perform: Perform,
): Promise<void> {
  const [{ CommanderError }, { makeProgram, withCommand }] = await Promise.all([
    import("commander"),
    import("./program.ts"),
  ]);
  const said = { out: "", err: "" };
  const program = makeProgram(terminal.program, perform, {
    writeOut: (text) => void (said.out += text),
    writeErr: (text) => void (said.err += text),
    getOutHelpWidth: () => terminal.stdout.columns ?? 100,
  });
  const commands = program.commands.map((command) => command.name());
  try {
    await program.parseAsync(withCommand(argv, commands), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) {
      throw new UsageError(oneLine((said.err || error.message).replace(/^error: /, "")));
    }
    await terminal.stdout.write(said.out);
  }
}
