import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { TranscriptMessage, TranscriptPart } from "../../../core/transcript.ts";
import { fenced, transcriptMarkdown } from "../../../adapters/cli/transcript_markdown.ts";
import { type TranscriptHead, transcriptText } from "../../../adapters/cli/transcript_text.ts";
import fc from "../../properties.ts";

const HEAD: TranscriptHead = {
  title: "Fix *the* login",
  id: "ses_1",
  agent: "opencode",
  projectPath: "/home/me/`odd`",
  createdAt: "2026-01-31T12:00:00.000Z",
};

const PARTS: readonly TranscriptPart[] = [
  { type: "reasoning", text: "First\nthen" },
  { type: "text", text: "Here it is.\n" },
  {
    type: "tool",
    tool: "bash",
    status: "completed",
    title: "list",
    input: { command: "ls" },
    output: "a\n```\nb\n",
  },
  { type: "tool", tool: "read", status: "running", input: undefined },
  { type: "file", name: "shot.png", mime: "image/png" },
  { type: "note", text: "the context was\ncompacted" },
];

function messagesOf(parts: readonly TranscriptPart[]): AsyncIterable<TranscriptMessage> {
  return (async function* () {
    yield await Promise.resolve({
      id: "m1",
      role: "assistant" as const,
      model: "provider/model",
      createdAt: "2026-01-31T12:05:00.000Z",
      parts,
    });
  })();
}

async function written(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

describe("a transcript as text", () => {
  it("has every kind of part", async () => {
    assert.equal(
      await written(transcriptText(HEAD, messagesOf(PARTS))),
      [
        "Fix *the* login",
        "opencode ses_1 · /home/me/`odd` · 2026-01-31 12:00 UTC",
        "",
        "── assistant · provider/model · 2026-01-31 12:05 ──",
        "[thinking]",
        "    First",
        "    then",
        "Here it is.",
        "[bash: completed] list",
        '    {"command":"ls"}',
        "    a",
        "    ```",
        "    b",
        "[read: running]",
        "[file shot.png, image/png]",
        "[the context was compacted]",
        "",
      ].join("\n"),
    );
  });
});

describe("a transcript as Markdown", () => {
  it("has every kind of part, and nothing that means more than it should", async () => {
    assert.equal(
      await written(transcriptMarkdown(HEAD, messagesOf(PARTS))),
      [
        "# Fix \\*the\\* login",
        "",
        "- Session: `ses_1` of opencode",
        "- Project: `` /home/me/`odd` ``",
        "- Created: 2026-01-31 12:00 UTC",
        "",
        "## assistant · provider/model · 2026-01-31 12:05",
        "",
        "> First",
        "> then",
        "",
        "Here it is.",
        "",
        "**bash** (completed): list",
        "",
        "```json",
        "{",
        '  "command": "ls"',
        "}",
        "```",
        "",
        "````",
        "a",
        "```",
        "b",
        "````",
        "",
        "**read** (running)",
        "",
        "*File: `shot.png`, image/png*",
        "",
        "*the context was compacted*",
        "",
      ].join("\n"),
    );
  });

  it("fences what tools said so that nothing in it closes the fence", () => {
    const line = fc.constantFrom("`", "```", "````json", "``` ```", "text", "~~~", "");
    fc.assert(fc.property(fc.array(line), (lines) => {
      const [open, ...rest] = fenced(lines.join("\n")).split("\n");
      const fence = open ?? "";
      assert.match(fence, /^`{3,}$/);
      assert.equal(rest.at(-1), fence);
      for (const inner of rest.slice(0, -1)) assert.ok(!inner.includes(fence));
    }));
  });

  it("closes a fence that a message left open, and no other", async () => {
    const bodyOf = async (text: string) =>
      (await written(transcriptMarkdown(HEAD, messagesOf([{ type: "text", text }]))))
        .split("12:05\n\n")[1];
    assert.equal(await bodyOf("```ts\ncode"), "```ts\ncode\n```\n");
    assert.equal(await bodyOf("~~~~\n~~~\n"), "~~~~\n~~~\n~~~~\n");
    assert.equal(await bodyOf("```ts\ncode\n```\nafter"), "```ts\ncode\n```\nafter\n");
    assert.equal(await bodyOf("inline ``` is no fence"), "inline ``` is no fence\n");
    assert.equal(await bodyOf("```not `one"), "```not `one\n");
  });
});
