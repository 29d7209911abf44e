/**
 * `archive get`: one archive's document, byte for byte.
 *
 * @module
 */
import type { Command } from "commander";
import type { RetrievedArchive } from "../../../core/restore/retrieval.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { keyOrId } from "../key_argument.ts";

interface GetOptions extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
}

/** See {@linkcode Define}. */
export function defineGet(program: Command, perform: Perform): void {
  program.command("get")
    .summary("write one archive's document, byte for byte")
    .description(
      "Writes one archive's document, byte for byte, and checks its hash. What it holds of the " +
        `agent is its member native: ${program.name()} get KEY | jq .native`,
    )
    .argument("<key>", "the archive's key, or its session's id", keyOrId)
    .option("-o, --output <file>", "into a file that does not exist; - is standard output")
    .option("-f, --force", "replace the file when it exists")
    .action((key: string, options: GetOptions) =>
      perform(options, (call) => get(call, key, options))
    );
}

async function get(call: Call, text: string, options: GetOptions): Promise<ExitCode> {
  const [{ openToRead }, { explainingDamage }] = await Promise.all([
    import("../open_archive.ts"),
    import("../damaged_copy.ts"),
  ]);
  const { archiver, close } = await openToRead(call);
  const { signal } = call;
  try {
    const key = await archiver.resolve(text, { signal });
    await explainingDamage(call, archiver, key, async () => {
      const archive = await archiver.retrieve(key, { signal });
      if (options.output === undefined || options.output === "-") await toStdout(call, archive);
      else await toFile(call, archive, options.output, options.force ?? false);
    });
  } finally {
    await close();
  }
  return EXIT.done;
}

async function toStdout({ report }: Call, archive: RetrievedArchive): Promise<void> {
  for await (const chunk of archive.bytes()) await report.print(chunk);
}

async function toFile(
  { report, terminal }: Call,
  archive: RetrievedArchive,
  output: string,
  force: boolean,
): Promise<void> {
  const [{ writeNewFile }, { resolve }] = await Promise.all([
    import("../new_file.ts"),
    import("node:path"),
  ]);
  const file = resolve(terminal.cwd(), output);
  const size = await writeNewFile(file, archive.bytes(), { replace: force });
  const { key, backend } = archive;
  if (report.style.json) await report.json({ key, backend, file, size });
  else await report.say(`wrote ${file} (${(await import("../amounts.ts")).sizeText(size)})`);
}
