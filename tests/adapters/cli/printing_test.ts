import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { momentText, sizeText, spanText } from "../../../adapters/cli/amounts.ts";
import { cutStartTo, cutTo, tableLines, widthOf } from "../../../adapters/cli/columns.ts";
import { printableJson, printableLine, printableText } from "../../../adapters/cli/printable.ts";
import { Progress } from "../../../adapters/cli/progress.ts";
import { Report } from "../../../adapters/cli/report.ts";
import type { Terminal } from "../../../adapters/cli/terminal.ts";
import fc from "../../properties.ts";

const UNSAFE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom("\u001b[2J", "\u009b1m", "\r\n", "\u202e", "a", "日", "\t", "👩‍👩‍👧"))
    .map((pieces) => pieces.join("")),
);

describe("printable text", () => {
  it("holds nothing that a terminal acts on, whatever it was", () => {
    fc.assert(fc.property(anyText, (text) => {
      assert.doesNotMatch(printableText(text), UNSAFE);
      assert.doesNotMatch(printableLine(text), UNSAFE);
      assert.doesNotMatch(printableLine(text), /[\n\t]/);
      assert.doesNotMatch(printableJson(text), UNSAFE);
    }));
  });

  it("means the same as JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), anyText, (value, text) => {
      const both = JSON.parse(JSON.stringify({ value, text }));
      assert.deepEqual(JSON.parse(printableJson(both, 2)), both);
    }));
  });

  it("shows what was there, and drops colours of several lines only", () => {
    assert.equal(printableLine("a\u001b[31mb\u0007\nc"), "a␛[31mb␇ c");
    assert.equal(printableText("\u001b[1;31mred\u001b[0m\r\n\u001b[2Jend"), "red\n␛[2Jend");
    assert.equal(printableText("naïve 日本 👍\n\tx"), "naïve 日本 👍\n\tx");
  });
});

describe("columns", () => {
  it("count what a terminal shows", () => {
    const WIDTHS: readonly [string, number][] = [
      ["abc", 3],
      ["Größe", 5],
      ["e\u0301", 1],
      ["日本語", 6],
      ["한국", 4],
      ["ｶﾅ", 2],
      ["Ａ", 2],
      ["🧹", 2],
      ["👩‍👩‍👧", 2],
      ["", 0],
    ];
    for (const [text, width] of WIDTHS) assert.equal(widthOf(text), width, text);
  });

  it("are never more than asked for, at either end", () => {
    assert.equal(cutTo("日本語", 5), "日本…");
    assert.equal(cutTo("日本語", 4), "日…");
    assert.equal(cutStartTo("/home/me/project", 8), "…project");
    assert.equal(cutTo("short", 5), "short");
    fc.assert(
      fc.property(anyText.map(printableLine), fc.integer({ min: 1, max: 30 }), (text, n) => {
        assert.ok(widthOf(cutTo(text, n)) <= n);
        assert.ok(widthOf(cutStartTo(text, n)) <= n);
      }),
    );
  });

  it("line up, and give way from the right down to their least", () => {
    const columns = [
      { name: "ID" },
      { name: "N", align: "right" },
      { name: "PATH", least: 6, cut: "start" },
      { name: "TITLE", least: 6 },
    ] as const;
    const rows = [["ses_1", "7", "/home/me/app", "設定を読み直す"], ["ses_22", "10", "/x", "hi"]];
    assert.deepEqual(tableLines(columns, rows), [
      "ID       N  PATH          TITLE",
      "ses_1    7  /home/me/app  設定を読み直す",
      "ses_22  10  /x            hi",
    ]);
    assert.deepEqual(tableLines(columns, rows, 28), [
      "ID       N  PATH      TITLE",
      "ses_1    7  …/me/app  設定…",
      "ses_22  10  /x        hi",
    ]);
    for (const line of tableLines(columns, rows, 9)) assert.ok(widthOf(line) <= 9, line);
    const narrowest = tableLines(columns, rows, 1);
    assert.ok(narrowest.every((line) => widthOf(line) <= 6), "the first column is never cut");
    assert.match(narrowest[2] ?? "", /^ses_2/);
  });
});

describe("amounts", () => {
  it("are short", () => {
    assert.deepEqual([0, 999, 1000, 9_949, 9_950, 999_499, 999_500, 2e9, 5e15].map(sizeText), [
      "0 B",
      "999 B",
      "1.0 KB",
      "9.9 KB",
      "10 KB",
      "999 KB",
      "1.0 MB",
      "2.0 GB",
      "5000 TB",
    ]);
    assert.deepEqual([0.2, 59, 60, 3599, 7500].map(spanText), [
      "1 s",
      "59 s",
      "1 min",
      "1 h 0 min",
      "2 h 5 min",
    ]);
    assert.equal(momentText("2026-01-31T23:30:00.000-01:00"), "2026-02-01 00:30");
    assert.equal(momentText("sometime"), "sometime");
  });
});

describe("progress", () => {
  /** A terminal whose standard error is so wide. */
  function terminal(columns: number | undefined, shown: string[]): Terminal {
    const output = (isTerminal: boolean) => ({
      write: (data: string | Uint8Array) => Promise.resolve(void shown.push(String(data))),
      isTerminal,
      columns,
    });
    return {
      program: "archive",
      stdout: output(false),
      stderr: output(columns !== undefined),
      env: {},
      cwd: () => "/",
      platform: "linux",
      onStop: () => () => undefined,
    };
  }

  it("counts towards what is expected", async () => {
    const progress = new Progress(new Report(terminal(80, []), {}), "archiving", "session");
    assert.equal(progress.line(), "archiving 0 sessions");
    progress.expect(5_000);
    await progress.step(1_500_000);
    assert.equal(progress.line(), "archiving 1 of 5,000 sessions · 1.5 MB");
  });

  it("tells rate and remaining time once it can", async (t) => {
    let now = 1_000;
    t.mock.method(performance, "now", () => now);
    const progress = new Progress(new Report(terminal(80, []), {}), "archiving", "session");
    progress.expect(100);
    for (let step = 0; step < 10; step++) {
      await progress.step();
      now += 500;
    }
    assert.equal(progress.line(), "archiving 10 of 100 sessions · 2.0/s · 45 s left");
  });

  it("shows one line that fits, makes way for others, and goes", async () => {
    const shown: string[] = [];
    const report = new Report(terminal(20, shown), {});
    const progress = new Progress(report, "archiving", "session");
    await progress.step();
    await report.say("hello");
    await progress.end();
    const clear = "\r\u001b[2K";
    const line = "archiving 1 session";
    assert.deepEqual(shown, [clear + line, clear, "hello\n", line, clear]);
  });

  it("shows nothing where nobody looks", async () => {
    const shown: string[] = [];
    const progress = new Progress(new Report(terminal(undefined, shown), {}), "x", "y");
    await progress.step();
    await progress.end();
    assert.deepEqual(shown, []);
  });
});
