/**
 * The tool `retrieve_archive`: reads one archive, as much of it at once as fits a model's context.
 *
 * @module
 */
import type { ArchiveSummary } from "../../cli/archive_summary.ts";
import type { TranscriptPage } from "../../cli/transcript_page.ts";
import { answerOf, type ArchiveTool, type ToolCall } from "./archive_tool.ts";
import { choice, wholeNumber } from "./arguments.ts";
import { KEY } from "./keys.ts";

type Format = "summary" | "transcript" | "json";
const FORMATS: readonly Format[] = ["summary", "transcript", "json"];

/**
 * Characters of one page. OpenCode cuts off answers behind 50 KiB, and a character has up to three
 * bytes.
 */
const PAGE = 16_000;
/** Lines of one page. OpenCode cuts off answers behind 2,000, and the answer has some of its own. */
const PAGE_LINES = 1_900;

const ARGS = {
  key: KEY,
  format: choice(
    "summary (default): title, project, days, models, first prompt, last answer; transcript: " +
      "the conversation, page by page; json: the same with all fields, one message a line",
    FORMATS,
  ),
  offset: wholeNumber(
    "Where the page of a transcript or of json begins, as the page before it says; the " +
      "beginning when left out",
    0,
  ),
};

/** See {@linkcode ArchiveTool}. */
export const retrieveArchive: ArchiveTool<typeof ARGS> = {
  description:
    "Read an archived session, to recall what was said and done in it. Begin with the summary; " +
    "read the transcript only when the summary is not enough. Nothing is changed by it: to go on " +
    "working in the session, use restore_archive.",
  args: ARGS,
  async answer({ key, format, offset }, call) {
    // Who asks for a place in it wants to read it.
    const wanted = format ?? (offset ? "transcript" : "summary");
    return wanted === "summary"
      ? await summary(key, call)
      : await page(key, wanted, offset ?? 0, call);
  },
};

async function summary(key: string, { program }: ToolCall): Promise<string> {
  const found = answerOf<ArchiveSummary>(await program(["show", "--format=summary", "--", key]));
  // Not at the plugin's start, where everything is paid for by whoever starts OpenCode.
  const { summaryText } = await import("../../cli/archive_summary.ts");
  const more = 'For the conversation, call it again with format "transcript".';
  return `key: ${found.key}\n${summaryText(found)}${more}`;
}

async function page(
  key: string,
  wanted: "transcript" | "json",
  offset: number,
  { program }: ToolCall,
): Promise<string> {
  const format = wanted === "json" ? "json" : "text";
  const size = [`--limit=${PAGE}`, `--lines=${PAGE_LINES}`];
  const paging = [`--format=${format}`, `--offset=${offset}`, ...size];
  const found = answerOf<TranscriptPage>(await program(["show", ...paging, "--", key]));
  const { text, next, total, cut } = found;
  if (next === null && offset === 0) return text || "The session has no messages.";
  const end = next === null
    ? "This is the last page."
    : `${
      cut ? "Its last message goes on there. " : ""
    }For the next page, call it again with offset ${next}.`;
  // First, as OpenCode cuts off the end of what is too long.
  return `Characters ${offset} to ${offset + text.length} of ${total}. ${end}\n\n${text}`;
}
