/**
 * `archive init` and its options.
 *
 * @module
 */
import type { Command } from "commander";
import type { Perform } from "../call.ts";
import type { InitOptions } from "../init/init.ts";
import { another } from "../option_values.ts";

/** See {@linkcode Define}. */
export function defineInit(program: Command, perform: Perform): void {
  program.command("init")
    .summary("set up where archives go")
    .description(
      "Asks a few questions, tries the answers as the doctor does, and writes the configuration " +
        "for you alone (0600). One that exists is left alone. With --type nothing is asked; " +
        "--backend names the backend, which is called default otherwise.",
    )
    .option("--type <type>", "s3 or file; takes all answers from the options")
    .option("--path <folder>", "the folder, of --type file")
    .option("--bucket <name>", "the bucket, of --type s3")
    .option("--endpoint <url>", "the store's address, unless it is Amazon S3")
    .option(
      "--provider <name>",
      "whose store it is, where its address does not tell: minio, ceph, …",
    )
    .option("--region <name>", "the bucket's region")
    .option("--prefix <text>", "what all keys begin with")
    .option("--profile <name>", "the profile of the shared AWS configuration")
    .option("--access-key-id <id>", "the access key, in place of a profile")
    .option("--secret-variable <name>", "the environment variable that holds its secret")
    .option("--never <glob>", "projects that are never archived; may be repeated", another)
    .option("--untried", "write it without trying it")
    .action((options: InitOptions) =>
      perform(options, async (call) => {
        const { init } = await import("../init/init.ts");
        return await init(call, options);
      })
    );
}
