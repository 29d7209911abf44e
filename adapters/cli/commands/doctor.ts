/**
 * `archive doctor` and its options.
 *
 * @module
 */
import type { Command } from "commander";
import type { CommonOptions, Perform } from "../call.ts";

/** See {@linkcode Define}. */
export function defineDoctor(program: Command, perform: Perform): void {
  program.command("doctor")
    .summary("try the backends and this machine, and say what to do")
    .description(
      "Looks at the configuration, tries every backend with small objects that it removes again, " +
        "and looks at the agents, at what waits to be archived by itself, and at the disk of this " +
        "machine. What fails comes with what to do.",
    )
    .action((options: CommonOptions) =>
      perform(options, async (call) => await (await import("../doctor/doctor.ts")).doctor(call))
    );
}
