import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { onStage, session, type Stage } from "./stage.ts";

const MESSAGES = Array.from({ length: 30 }, (_, index) => ({
  id: `m${String(index).padStart(2, "0")}`,
  role: index % 2 === 0 ? "user" as const : "assistant" as const,
  text: `message ${index}: ${"word ".repeat(index === 10 ? 400 : 10)}`,
}));
const LONG = session("ses_long", { messages: MESSAGES, title: "A long one" });

interface Page {
  readonly key: string;
  readonly text: string;
  readonly offset: number;
  readonly next: number | null;
  readonly total: number;
  readonly cut: boolean;
}

async function allPages(stage: Stage, format: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let offset: number | null = 0; offset !== null;) {
    const place: string[] = [`--offset=${offset}`, "--limit=700", `--format=${format}`];
    const shown = await stage.archive(["show", "ses_long", "--json", ...place]);
    assert.equal(shown.code, 0, shown.stderr);
    const page = shown.json<Page>();
    pages.push(page);
    offset = page.next;
  }
  return pages;
}

describe("archive show in pages", () => {
  it("gives in all what it shows at once, in every format", async () => {
    await onStage([LONG], async (stage) => {
      await stage.archive(["run"]);
      for (const format of ["text", "markdown"]) {
        const pages = await allPages(stage, format);
        const whole = await stage.archive(["show", "ses_long", "--format", format]);
        assert.equal(pages.map(({ text }) => text).join(""), whole.stdout);
        assert.ok(pages.length > 4 && pages.every(({ text }) => text.length <= 700));
        assert.ok(pages.some(({ cut }) => cut), "the long message is cut");
        assert.ok(pages.every(({ total }) => total === whole.stdout.length));
      }
      const lines = (await allPages(stage, "json")).map(({ text }) => text).join("");
      const whole = await stage.archive(["show", "ses_long", "--json"]);
      assert.deepEqual(lines.trim().split("\n").map((line) => JSON.parse(line)), whole.json());
    });
  });

  it("has no more lines on a page than asked for", async () => {
    const messages = [{ id: "m0", role: "user" as const, text: "word\n".repeat(3_500) }];
    await onStage([session("ses_lines", { messages })], async ({ archive }) => {
      await archive(["run"]);
      const whole = (await archive(["show", "ses_lines"])).stdout;
      let text = "";
      for (let offset: number | null = 0; offset !== null;) {
        const place: string[] = [
          `--offset=${offset}`,
          "--limit=16000",
          "--lines=1900",
          "--format=text",
        ];
        const page = (await archive(["show", "ses_lines", "--json", ...place])).json<Page>();
        assert.ok(page.text.split("\n").length <= 1_901, `${page.text.split("\n").length} lines`);
        text += page.text;
        offset = page.next;
      }
      assert.equal(text, whole);
    });
  });

  it("says on a terminal where the next page begins", async () => {
    await onStage([LONG], async (stage) => {
      await stage.archive(["run"]);
      const first = await stage.archive(["show", "ses_long", "--limit", "700"]);
      const [, next] = /the next page begins at --offset (\d+); all of it has \d+ characters/
        .exec(first.stderr) ?? [];
      assert.equal(Number(next), first.stdout.length);
      const last = await stage.archive(["show", "ses_long", "--offset", String(next)]);
      assert.equal(last.stderr, "");
      assert.match(last.stdout, /message 29/);
      const cut = await stage.archive(["show", "ses_long", "--limit", "50", "--offset", "2000"]);
      assert.match(cut.stderr, /this message goes on at --offset \d+/);
      const quiet = await stage.archive(["show", "ses_long", "--limit", "700", "--quiet"]);
      assert.equal(quiet.stderr, "");
    });
  });

  it("refuses an offset behind the end and values that are none", async () => {
    await onStage([LONG], async (stage) => {
      await stage.archive(["run"]);
      const behind = await stage.archive(["show", "ses_long", "--offset", "999999"]);
      assert.equal(behind.code, 2);
      assert.match(behind.stderr, /--offset is 999999, behind the end: as text .* has \d+ char/);
      assert.equal((await stage.archive(["show", "ses_long", "--limit", "0"])).code, 2);
      const both = await stage.archive(["show", "ses_long", "--format=summary", "--limit=9"]);
      assert.match(both.stderr, /a summary has no pages/);
    });
  });

  it("checks the hash of all of it, whatever the page", async () => {
    await onStage([LONG], async (stage) => {
      await stage.archive(["run"]);
      const { readFile, writeFile } = await import("node:fs/promises");
      const [entry] = (await stage.archive(["list", "--json"])).json<{ key: string }[]>();
      const file = `${stage.archives}/${entry?.key}`;
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace("message 29", "message 92"));
      const page = await stage.archive(["show", "ses_long", "--limit", "100"]);
      assert.equal(page.code, 1);
      assert.match(page.stderr, /is damaged/);
    });
  });
});

describe("archive show --format summary", () => {
  it("tells what a session was about", async () => {
    await onStage([LONG], async (stage) => {
      await stage.archive(["run"]);
      const { stdout } = await stage.archive(["show", "ses_long", "--format", "summary"]);
      assert.match(stdout, /^title: A long one\nsession: ses_long of memory/);
      assert.match(stdout, /\nproject: \/home\/me\/project\n/);
      assert.match(stdout, /\nsize: 30 messages, /);
      assert.match(stdout, /\nfirst prompt: message 0: word /);
      assert.match(stdout, /\nlast answer: message 29: word /);
      const json = (await stage.archive(["show", "ses_long", "--format=summary", "--json"]))
        .json<Record<string, unknown>>();
      assert.equal(json.title, "A long one");
      assert.equal(json.messages, 30);
      assert.equal(json.backend, "default");
      assert.equal(typeof json.key, "string");
    });
  });
});

describe("archive delete --dry-run", () => {
  it("says what would go and deletes nothing", async () => {
    await onStage([session("ses_1")], async (stage) => {
      await stage.archive(["run"]);
      const shown = await stage.archive(["delete", "ses_1", "--dry-run"]);
      assert.equal(shown.code, 0);
      assert.match(shown.stdout, /^would delete home_me_project\/2026-01-31\/ses_1\.json .*About/);
      const [entry] = (await stage.archive(["delete", "ses_1", "--dry-run", "--json"]))
        .json<Record<string, unknown>[]>();
      assert.equal(entry?.title, "About ses_1");
      assert.deepEqual(entry?.backends, ["default"]);
      assert.equal((await stage.archive(["list", "--json"])).json<unknown[]>().length, 1);
    });
  });
});
