/**
 * Lines of files as elements of an archive, and back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { chunksIn, linesIn } from "../../../../adapters/agents/files/lines.ts";
import { nativeLines } from "../../../../adapters/agents/files/native_file.ts";
import { elementOf, pieceOf } from "../../../../adapters/agents/files/record.ts";
import fc, { propertyRuns } from "../../../properties.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A file that lies in memory, and is read a few bytes at a time. */
function fileOf(bytes: Uint8Array, most = Infinity) {
  return {
    read(into: Uint8Array, offset: number, length: number, at: number) {
      const part = bytes.subarray(at, at + Math.min(length, most));
      into.set(part, offset);
      return Promise.resolve({ bytesRead: part.length, buffer: into });
    },
  } as Parameters<typeof chunksIn>[0];
}

async function read(bytes: Uint8Array, withTail: boolean, most?: number) {
  const lines = linesIn(chunksIn(fileOf(bytes, most), bytes.length), withTail);
  const pieces = [];
  for (;;) {
    const next = await lines.next();
    if (next.done) return { pieces, ending: next.value };
    pieces.push(next.value);
  }
}

/** There and back again. */
function throughElement(line: Uint8Array): Uint8Array {
  const json = text.decode(elementOf({ bytes: line, goesOn: false }).json);
  assert.ok(!json.includes("\n"));
  JSON.parse(json);
  assert.equal(pieceOf(json).goesOn, false);
  return pieceOf(json).bytes;
}

describe("a line of a file", () => {
  const KEPT = ['{"a":1}', '{"a":1}\r', "  [1, 2]\t", "null", '"\u2028"', '"\\ud800"', "1e999"];
  for (const line of KEPT) {
    it(`stands in an archive as it is: ${JSON.stringify(line)}`, () => {
      const element = elementOf({ bytes: utf8.encode(line), goesOn: false });
      assert.equal(text.decode(element.json), line);
      assert.deepEqual(element.value, JSON.parse(line));
    });
  }

  const RAW: [string, Uint8Array][] = [
    ["a blank one", utf8.encode("")],
    ["a carriage return", utf8.encode("\r")],
    ["half of one", utf8.encode('{"a":')],
    ["a byte order mark", utf8.encode('\ufeff{"a":1}')],
    ["zeros behind it", utf8.encode('{"a":1}\0\0')],
    ["what is no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ];
  for (const [name, line] of RAW) {
    it(`is kept in base64 where it is not JSON: ${name}`, () => {
      const element = elementOf({ bytes: line, goesOn: false });
      const json = `{"$raw":"${Buffer.from(line).toString("base64")}"}`;
      assert.deepEqual([text.decode(element.json), element.value], [json, undefined]);
      assert.deepEqual(throughElement(line), line);
    });
  }

  it("that looks like one in base64 is not taken for one", () => {
    for (const line of ['{"$raw":"aGk="}', '{"$raw":1,"b":2}', ' {"b":{}, "$raw":"x"}']) {
      assert.deepEqual(text.decode(throughElement(utf8.encode(line))), line);
      assert.deepEqual(
        elementOf({ bytes: utf8.encode(line), goesOn: false }).value,
        JSON.parse(line),
      );
    }
  });

  it("comes back whatever it is", () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary" }).map((text) => utf8.encode(text)),
      fc.json().map((text) => utf8.encode(text)),
      fc.dictionary(fc.constantFrom("$raw", "a"), fc.jsonValue())
        .map((value) => utf8.encode(JSON.stringify(value))),
    ).filter((bytes) => !bytes.includes(0x0a));
    fc.assert(
      fc.property(line, (bytes) => assert.deepEqual(throughElement(bytes), bytes)),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("may be nested as deeply as anybody likes", () => {
    const deep = '{"a":['.repeat(100_000) + "]}".repeat(100_000);
    assert.equal(elementOf({ bytes: utf8.encode(deep), goesOn: false }).json.length, deep.length);
  });
});

describe("the lines of a file", () => {
  it("are all there, and in order, however they are read", async () => {
    const lines = fc.array(fc.string({ maxLength: 9 }).map((text) => text.replaceAll("\n", "")));
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.boolean(),
        fc.integer({ min: 1, max: 7 }),
        async (all, ends, most) => {
          const whole = utf8.encode(all.join("\n") + (ends && all.length > 0 ? "\n" : ""));
          const { pieces, ending } = await read(whole, true, most);
          const again = pieces.map(({ bytes }) => text.decode(bytes)).join("\n");
          assert.equal(
            again + (ending.inLineFeed && pieces.length > 0 ? "\n" : ""),
            text.decode(whole),
          );
        },
      ),
      { numRuns: propertyRuns(300) },
    );
  });

  it("leave out a last one that is not whole yet, unless it is wanted", async () => {
    const bytes = utf8.encode('{"a":1}\n{"b":');
    const without = await read(bytes, false);
    assert.deepEqual(without.pieces.map((piece) => text.decode(piece.bytes)), ['{"a":1}']);
    assert.deepEqual(without.ending, { inLineFeed: true, leftOut: 5 });
    const withTail = await read(bytes, true);
    assert.equal(withTail.pieces.length, 2);
    assert.deepEqual(withTail.ending, { inLineFeed: false, leftOut: 0 });
  });

  it("may be longer than a string can hold in base64", async () => {
    const long = new Uint8Array((64 << 20) + 1000).fill(0x61);
    long.set([0x0a], long.length - 10);
    const { pieces, ending } = await read(long, true);
    assert.deepEqual(pieces.map(({ goesOn }) => goesOn), [true, false, false]);
    assert.equal(pieces[0].bytes.length + pieces[1].bytes.length, long.length - 10);
    assert.deepEqual(ending, { inLineFeed: false, leftOut: 0 });
    const first = pieceOf(text.decode(elementOf(pieces[0]).json));
    assert.ok(first.goesOn && Buffer.compare(first.bytes, pieces[0].bytes) === 0);
  });

  it("stand in an archive wherever chunks of the file begin, also right at a line feed", async () => {
    const chunk = 1 << 18;
    for (const length of [chunk - 1, chunk, chunk + 1, 2 * chunk - 2, 2 * chunk, 10]) {
      const lines = [`"${"x".repeat(length - 2)}"`, "1", '{"a":2}', `"${"y".repeat(chunk)}"`, "3"];
      const { pieces } = await read(utf8.encode(lines.join("\n") + "\n"), true);
      const elements = async function* () {
        for (const piece of pieces) yield await Promise.resolve(elementOf(piece));
      };
      const native: string[] = [];
      for await (const line of nativeLines("a.jsonl", elements(), () => true)) {
        native.push(text.decode(line));
      }
      assert.deepEqual(native.slice(1, -1), lines.map((line, at) => at < 4 ? `${line},` : line));
    }
  });

  it("are an error where the file has become shorter", async () => {
    const lines = linesIn(chunksIn(fileOf(utf8.encode("a\n")), 3), true);
    await assert.rejects(async () => {
      for await (const _ of lines);
    }, { code: "Transient", message: /ended at 2 of 3 bytes/ });
  });
});
