import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { pageOf, type TranscriptPage } from "../../../adapters/cli/transcript_page.ts";
import fc from "../../properties.ts";

async function* piecesOf(texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) yield await Promise.resolve(text);
}

/** All pages, as who follows them gets them. */
async function pagesOf(
  texts: readonly string[],
  limit: number,
  lines?: number,
): Promise<TranscriptPage[]> {
  const pages: TranscriptPage[] = [];
  for (let offset: number | null = 0; offset !== null;) {
    const page: TranscriptPage = await pageOf(piecesOf(texts), { offset, limit, lines });
    assert.ok(page.next === null || page.next > offset, "pages go forward");
    pages.push(page);
    offset = page.next;
  }
  return pages;
}

describe("a page of a transcript", () => {
  it("holds whole messages as long as they fit", async () => {
    const page = await pageOf(piecesOf(["head\n", "one\n", "two\n"]), { offset: 0, limit: 10 });
    assert.deepEqual(page, { text: "head\none\n", offset: 0, next: 9, total: 13, cut: false });
    const last = await pageOf(piecesOf(["head\n", "one\n", "two\n"]), { offset: 9, limit: 10 });
    assert.deepEqual(last, { text: "two\n", offset: 9, next: null, total: 13, cut: false });
  });

  it("cuts a message that is longer than a page, and says so", async () => {
    const pages = await pagesOf(["abcdefgh", "ij"], 3);
    assert.deepEqual(pages.map(({ text }) => text), ["abc", "def", "gh", "ij"]);
    assert.deepEqual(pages.map(({ cut }) => cut), [true, true, false, false]);
  });

  it("cuts a message that would leave it almost empty", async () => {
    const page = await pageOf(piecesOf(["head", "a long message"]), { offset: 0, limit: 10 });
    assert.deepEqual(page, { text: "heada long", offset: 0, next: 10, total: 18, cut: true });
  });

  it("cuts between lines where that leaves enough", async () => {
    assert.equal((await pageOf(piecesOf(["aaaa\nbbbb"]), { offset: 0, limit: 7 })).text, "aaaa\n");
    assert.equal(
      (await pageOf(piecesOf(["a\nbbbbbbb"]), { offset: 0, limit: 7 })).text,
      "a\nbbbbb",
    );
  });

  it("has no more lines than asked for, and whole messages as long as they fit", async () => {
    const texts = ["head\n", "a\nb\n", "c\nd\ne\nf\ng\nh\n", "i"];
    const pages = await pagesOf(texts, 1_000, 4);
    assert.deepEqual(
      pages.map(({ text }) => text),
      ["head\na\nb\n", "c\nd\ne\nf\n", "g\nh\ni"],
    );
    assert.deepEqual(pages.map(({ cut }) => cut), [false, true, false]);
  });

  it("is empty behind the end", async () => {
    const page = await pageOf(piecesOf(["abc"]), { offset: 3, limit: 7 });
    assert.equal(page.text, "");
    assert.equal(page.total, 3);
  });

  it("leaves nothing out and breaks no character, whatever the messages and the limit", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", "é", "😀"), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
        async (texts, limit, lines) => {
          const pages = await pagesOf(texts, limit, lines);
          assert.equal(pages.map((page) => page.text).join(""), texts.join(""));
          for (const page of pages) {
            assert.ok(page.text.length <= Math.max(2, limit));
            assert.ok(page.text.replace(/\n$/, "").split("\n").length <= (lines ?? Infinity));
            assert.ok(page.text.isWellFormed());
          }
        },
      ),
    );
  });

  it("holds little of a long conversation", async () => {
    let read = 0;
    async function* many(): AsyncGenerator<string> {
      for (; read < 50_000; read++) yield await Promise.resolve(`${read}`.padEnd(1000));
    }
    const page = await pageOf(many(), { offset: 49_000_000, limit: 5000 });
    assert.equal(read, 50_000, "all of it is read, as its hash is checked at its end");
    assert.equal(page.text.length, 5000);
    assert.equal(page.total, 50_000_000);
  });
});
