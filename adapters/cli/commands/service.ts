/**
 * `archive service`: prints what the system's service manager needs to know to keep `run --watch` going.
 *
 * @module
 */
import process from "node:process";
import { Argument, type Command } from "commander";
import type { ServiceManager } from "../../service/service.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { checkPlace } from "../lasting_place.ts";

/** See {@linkcode Define}. */
export function defineService(program: Command, perform: Perform): void {
  program.command("service")
    .summary("print a service that archives all sessions as they change")
    .description(
      'Prints a unit for systemd, or an agent for launchd, that keeps "run --watch" going while you are ' +
        "logged in, and says what to do with it. Nothing is installed.",
    )
    .addArgument(
      new Argument("[manager]", "of services; this system's when left out")
        .choices(["systemd", "launchd"]),
    )
    .action((manager: ServiceManager | undefined, options: CommonOptions) =>
      perform(options, (call) => service(call, manager, options))
    );
}

async function service(
  call: Call,
  named: ServiceManager | undefined,
  { config, backend }: CommonOptions,
): Promise<ExitCode> {
  const [{ managerOf, serviceOf }, systemd, launchd, { homedir }] = await Promise.all([
    import("../../service/service.ts"),
    import("../../service/systemd.ts"),
    import("../../service/launchd.ts"),
    import("node:os"),
  ]);
  const { report, terminal } = call;
  const { env, platform, runtime = process } = terminal;
  if (backend !== undefined) {
    throw new UsageError("a service has all backends; leave out --backend");
  }
  const manager = named ?? managerOf(platform);
  if (manager === undefined) throw unknownSystem(call, platform);
  await checkPlace(call, runtime, "service");
  const { path } = await call.config();
  const one = serviceOf({ env, config: config === undefined ? undefined : path, runtime });
  const print = call.command(`service ${manager}`);
  const [text, steps] = manager === "systemd"
    ? [systemd.systemdUnit(one), systemd.systemdSteps(print)]
    : [launchd.launchdPlist(one, env.HOME ?? homedir()), launchd.launchdSteps(print)];
  await report.print(text);
  await tellMissed(call, path, manager);
  await report.note("to have it run:");
  for (const step of steps) await report.note(`  ${step}`);
  return EXIT.done;
}

/** Secrets are not written into files that others may read; who has them in a shell must do something. */
async function tellMissed(call: Call, path: string, manager: ServiceManager): Promise<void> {
  const [{ missedVariables }, { variablesIn }, { SYSTEMD_VARIABLES }, { readFile }] = await Promise
    .all([
      import("../../service/service.ts"),
      import("../../config/variables.ts"),
      import("../../service/systemd.ts"),
      import("node:fs/promises"),
    ]);
  const { exists } = await call.config();
  const named = exists ? variablesIn(await readFile(path, "utf8")) : [];
  const missed = missedVariables(call.terminal.env, named);
  if (missed.length === 0) return;
  const what = `the service does not see ${missed.join(", ")} of this shell`;
  await call.report.warn(
    manager === "systemd"
      ? `${what}: write each as NAME=value into ${SYSTEMD_VARIABLES}, and let nobody else read it`
      : `${what}: use a profile in ~/.aws, or files, in their place`,
  );
}

function unknownSystem(call: Call, platform: string): UsageError {
  return new UsageError(
    `no service manager of ${platform} is known; have the system run ` +
      `"${call.command("run --watch")}" when you log in, or name one: systemd, launchd`,
  );
}
