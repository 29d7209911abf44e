/**
 * `archive show`: an archived conversation to read, whole, page by page, or what it is about.
 *
 * @module
 */
import type { Command } from "commander";
import type { Archiver } from "../../../core/archiver.ts";
import type { RetrievedArchive } from "../../../core/restore/retrieval.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { keyOrId } from "../key_argument.ts";
import { wholeNumber } from "../option_values.ts";
import type { PageRequest } from "../transcript_page.ts";

type Format = "text" | "markdown" | "json" | "summary";
const FORMATS: readonly Format[] = ["text", "markdown", "json", "summary"];

interface ShowOptions extends CommonOptions {
  readonly format?: Format;
  readonly offset?: number;
  readonly limit?: number;
  readonly lines?: number;
}

/** See {@linkcode Define}. */
export function defineShow(program: Command, perform: Perform): void {
  program.command("show")
    .summary("show an archived conversation")
    .description("Shows an archived conversation, for people and models to read.")
    .argument("<key>", "the archive's key, or its session's id", keyOrId)
    .option("--format <format>", "text, markdown, json or summary (default: text)", format)
    .option(
      "--limit <n>",
      "only a page of so many characters, with whole messages where they fit; says where the " +
        "next one begins (20000 when only --offset or --lines is given)",
      wholeNumber("--limit", 1),
    )
    .option("--lines <n>", "only a page of so many lines, too", wholeNumber("--lines", 1))
    .option("--offset <n>", "where the page begins, as the one before said", OFFSET)
    .action((key: string, options: ShowOptions) =>
      perform(options, (call) => show(call, key, options))
    );
}

const OFFSET = wholeNumber("--offset", 0);

function format(value: string): Format {
  const known = FORMATS.find((one) => one === value);
  if (known) return known;
  throw new UsageError(`--format is ${JSON.stringify(value)}; it can be ${FORMATS.join(", ")}`);
}

async function show(call: Call, text: string, options: ShowOptions): Promise<ExitCode> {
  const { signal, terminal } = call;
  const print = printer(options);
  const [{ knownAgents, openToRead }, { explainingDamage }] = await Promise.all([
    import("../open_archive.ts"),
    import("../damaged_copy.ts"),
  ]);
  const { archiver, close } = await openToRead(call, await knownAgents(terminal));
  try {
    const key = await archiver.resolve(text, { signal });
    await explainingDamage(call, archiver, key, async () => {
      const archive = await archiver.retrieve(key, { signal });
      const messages = archiver.agent(archive.header.agent).transcript(archive.native());
      await print({ call, archiver, archive, messages });
    });
  } finally {
    await close();
  }
  return EXIT.done;
}

/** An archive that is being shown. */
interface Showing {
  readonly call: Call;
  readonly archiver: Archiver;
  readonly archive: RetrievedArchive;
  readonly messages: AsyncIterable<TranscriptMessage>;
}

/** What shows an archive the way that was asked for. */
function printer(options: ShowOptions): (showing: Showing) => Promise<void> {
  const { json, offset, limit, lines } = options;
  const format = options.format ?? (json ? "json" : "text");
  const isPage = [offset, limit, lines].some((given) => given !== undefined);
  if (format === "summary") {
    if (!isPage) return printSummary;
    throw new UsageError("a summary has no pages; leave out --offset, --limit and --lines");
  }
  if (isPage) return (showing) => printPage(showing, format, { offset, limit, lines });
  if (json && format !== "json") {
    throw new UsageError(`--json and --format ${format} exclude each other; leave one out`);
  }
  return format === "json" ? printJson : (showing) => printWhole(showing, format);
}

async function printWhole(showing: Showing, format: "text" | "markdown"): Promise<void> {
  for await (const piece of await written(showing, format)) await showing.call.report.print(piece);
}

/** The conversation in pieces: what stands above it, then one message a piece. */
async function written(
  { call: { signal }, archiver, archive: { key, backend, header }, messages }: Showing,
  format: "text" | "markdown",
): Promise<AsyncIterable<string>> {
  const { title } = await archiver.entry(key, { backend, signal });
  const head = { ...header, title };
  return format === "text"
    ? (await import("../transcript_text.ts")).transcriptText(head, messages)
    : (await import("../transcript_markdown.ts")).transcriptMarkdown(head, messages);
}

/** One message at a time, as long conversations do not fit into memory. */
async function printJson({ call: { report }, messages }: Showing): Promise<void> {
  const { printableJson } = await import("../printable.ts");
  let before = "[\n";
  for await (const message of messages) {
    await report.print(before + printableJson(message));
    before = ",\n";
  }
  await report.print(before === "[\n" ? "[]\n" : "\n]\n");
}

/** One JSON object a message and line: what is cut out of it is still worth reading. */
async function* jsonLines(messages: AsyncIterable<TranscriptMessage>): AsyncGenerator<string> {
  const { printableJson } = await import("../printable.ts");
  for await (const message of messages) yield `${printableJson(message)}\n`;
}

async function printPage(
  showing: Showing,
  format: "text" | "markdown" | "json",
  request: Partial<PageRequest>,
): Promise<void> {
  const { call: { report }, archive: { key, backend }, messages } = showing;
  const { PAGE_LIMIT, pageOf } = await import("../transcript_page.ts");
  const { offset = 0, limit = PAGE_LIMIT, lines } = request;
  const pieces = format === "json" ? jsonLines(messages) : await written(showing, format);
  const page = await pageOf(pieces, { offset, limit, lines });
  if (offset > 0 && offset >= page.total) {
    throw new UsageError(
      `--offset is ${offset}, behind the end: as ${format} the conversation has ${page.total} ` +
        "characters; give less",
    );
  }
  if (report.style.json) return await report.json({ key, backend, format, ...page });
  await report.print(page.text);
  if (page.next === null) return;
  const goesOn = page.cut ? "this message goes on" : "the next page begins";
  await report.note(`${goesOn} at --offset ${page.next}; all of it has ${page.total} characters`);
}

async function printSummary({ call: { report }, archive, messages }: Showing): Promise<void> {
  const { summaryOf, summaryText } = await import("../archive_summary.ts");
  const summary = await summaryOf(archive, messages);
  if (report.style.json) await report.json(summary);
  else await report.print(summaryText(summary));
}
