/**
 * `archive show`: an archived conversation to read.
 *
 * @module
 */
import type { Command } from "commander";
import type { Archiver } from "../../../core/archiver.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { keyOrId } from "../key_argument.ts";

type Format = "text" | "markdown" | "json";
const FORMATS: readonly Format[] = ["text", "markdown", "json"];

interface ShowOptions extends CommonOptions {
  readonly format?: Format;
}

/** See {@linkcode Define}. */
export function defineShow(program: Command, perform: Perform): void {
  program.command("show")
    .summary("show an archived conversation")
    .description("Shows an archived conversation, for people and models to read.")
    .argument("<key>", "the archive's key, or its session's id", keyOrId)
    .option("--format <format>", "text, markdown or json (default: text)", format)
    .action((key: string, options: ShowOptions) =>
      perform(options, (call) => show(call, key, options))
    );
}

function format(value: string): Format {
  const known = FORMATS.find((one) => one === value);
  if (known) return known;
  throw new UsageError(`--format is ${JSON.stringify(value)}; it can be ${FORMATS.join(", ")}`);
}

async function show(call: Call, text: string, options: ShowOptions): Promise<ExitCode> {
  const { signal, terminal } = call;
  const format = options.format ?? (options.json ? "json" : "text");
  if (options.json && format !== "json") {
    throw new UsageError(`--json and --format ${format} exclude each other; leave one out`);
  }
  const [{ knownAgents, openToRead }, { namingOtherCopies }] = await Promise.all([
    import("../open_archive.ts"),
    import("../other_copy.ts"),
  ]);
  const { archiver, close } = await openToRead(call, await knownAgents(terminal));
  try {
    const key = await archiver.resolve(text, { signal });
    await namingOtherCopies(call, archiver, key, () => print(call, archiver, key, format));
  } finally {
    await close();
  }
  return EXIT.done;
}

async function print(call: Call, archiver: Archiver, key: string, format: Format): Promise<void> {
  const { signal } = call;
  const archive = await archiver.retrieve(key, { signal });
  const { backend, header } = archive;
  const messages = archiver.agent(header.agent).transcript(archive.native());
  if (format === "json") return await printJson(call, messages);
  const { title } = await archiver.entry(key, { backend, signal });
  const { transcriptText } = await import("../transcript_text.ts");
  const { transcriptMarkdown } = await import("../transcript_markdown.ts");
  const write = format === "text" ? transcriptText : transcriptMarkdown;
  for await (const piece of write({ ...header, title }, messages)) await call.report.print(piece);
}

/** One message at a time, as long conversations do not fit into memory. */
async function printJson(
  { report }: Call,
  messages: AsyncIterable<TranscriptMessage>,
): Promise<void> {
  const { printableJson } = await import("../printable.ts");
  let before = "[\n";
  for await (const message of messages) {
    await report.print(before + printableJson(message));
    before = ",\n";
  }
  await report.print(before === "[\n" ? "[]\n" : "\n]\n");
}
