/**
 * `archive status` and its options.
 *
 * @module
 */
import type { Command } from "commander";
import type { CommonOptions, Perform } from "../call.ts";

/** See {@linkcode Define}. */
export function defineStatus(program: Command, perform: Perform): void {
  program.command("status")
    .summary("say whether all is archived, and what waits and why")
    .description(
      "Says what is archived, what waits, since when and why, and who is at it. Asks no store and " +
        "changes nothing. Exits with 1 when something is parked or has waited for longer than a day, " +
        "or the configuration cannot be used.",
    )
    .action((options: CommonOptions) =>
      perform(
        options,
        async (call) => await (await import("../status/status.ts")).status(call, options.config),
      )
    );
}
