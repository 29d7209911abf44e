import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { z } from "zod";
import {
  choice,
  day,
  decision,
  readArguments,
  requiredText,
  text,
  wholeNumber,
  WrongArgument,
} from "../../../../adapters/plugin/tools/arguments.ts";
import { toolsOver } from "./workbench.ts";

const ARGS = {
  key: requiredText("Which", "a key"),
  title: text("A title"),
  limit: wholeNumber("How many", 1, 100),
  offset: wholeNumber("Where", 0),
  format: choice("How", ["summary", "transcript"]),
  newId: decision("Whether"),
  since: day("When"),
};
const NONE = {
  key: "k",
  title: undefined,
  limit: undefined,
  offset: undefined,
  format: undefined,
  newId: false,
  since: undefined,
};

describe("arguments", () => {
  const GOOD: readonly [what: string, given: object, read: object][] = [
    ["nothing but what must be", {}, {}],
    ["nulls", { title: null, limit: null, format: null, newId: null, since: null }, {}],
    ["empty texts", { title: "", limit: " ", offset: "", format: "", newId: "", since: "" }, {}],
    ["words for nothing", { title: "null", limit: "undefined" }, {}],
    ["numbers", { limit: 10, offset: 0 }, { limit: 10, offset: 0 }],
    ["numbers as texts", { limit: "10", offset: " 20000 " }, { limit: 10, offset: 20000 }],
    ["texts with space around", { key: " k\n", title: " T " }, { title: "T" }],
    ["numbers for texts", { title: 404 }, { title: "404" }],
    ["words in any case", { format: "Transcript" }, { format: "transcript" }],
    ["true in words", { newId: "true" }, { newId: true }],
    ["false in words", { newId: "False" }, { newId: false }],
    ["a day", { since: "2026-11-22" }, { since: "2026-11-22" }],
    ["a moment", { since: "2026-11-22T09:30:00Z" }, { since: "2026-11-22T09:30:00Z" }],
    ["what nobody knows", { colour: "red", constructor: 1 }, {}],
  ];
  for (const [what, given, read] of GOOD) {
    it(`take ${what}`, () => {
      assert.deepEqual(readArguments(ARGS, { key: "k", ...given }), { ...NONE, ...read });
    });
  }

  const WRONG: readonly [given: unknown, said: string][] = [
    [{}, "key is missing; it must be a key."],
    [undefined, "key is missing; it must be a key."],
    ["k", "key is missing; it must be a key."],
    [{ key: null }, "key is missing; it must be a key."],
    [{ key: ["k"] }, 'key is ["k"]; it must be a key.'],
    [{ key: "k", title: {} }, "title is {}; it must be a text."],
    [{ key: "k", limit: 0 }, "limit is 0; it must be a whole number from 1 to 100."],
    [{ key: "k", limit: 101 }, "limit is 101; it must be a whole number from 1 to 100."],
    [{ key: "k", limit: "ten" }, 'limit is "ten"; it must be a whole number from 1 to 100.'],
    [{ key: "k", limit: 1.5 }, "limit is 1.5; it must be a whole number from 1 to 100."],
    [{ key: "k", limit: true }, "limit is true; it must be a whole number from 1 to 100."],
    [{ key: "k", offset: -1 }, "offset is -1; it must be a whole number of 0 or more."],
    [{ key: "k", format: "pdf" }, 'format is "pdf"; it must be one of summary, transcript.'],
    [{ key: "k", newId: "maybe" }, 'newId is "maybe"; it must be true or false.'],
    [
      { key: "k", since: "yesterday" },
      'since is "yesterday"; it must be a day as 2026-11-22 or a date-time as 2026-11-22T09:30:00Z.',
    ],
    [
      { key: "k", since: "2026-02-31" },
      'since is "2026-02-31"; it must be a day as 2026-11-22 or a date-time as 2026-11-22T09:30:00Z.',
    ],
  ];
  for (const [given, said] of WRONG) {
    it(`refuse ${JSON.stringify(given)} with a sentence`, () => {
      assert.throws(() => readArguments(ARGS, given), new WrongArgument(said));
    });
  }

  it("show only the beginning of a long wrong value", () => {
    assert.throws(
      () => readArguments(ARGS, { key: "k", since: "x".repeat(10_000) }),
      ({ message }: Error) => message.length < 300,
    );
  });
});

describe("what OpenCode tells models of the arguments", () => {
  /** As OpenCode does it: it makes an object of them, and JSON Schema of that. */
  function jsonSchemaOf(name: string) {
    const schemas = toolsOver([]).tools[name]?.args as Record<string, z.ZodType>;
    return z.toJSONSchema(z.object(schemas), { io: "input" });
  }

  it("is JSON Schema with what must be given, and no more, as required", () => {
    const schema = jsonSchemaOf("retrieve_archive");
    assert.deepEqual(schema.required, ["key"]);
    assert.deepEqual(Object.keys(schema.properties ?? {}), ["key", "format", "offset"]);
    const { format, offset } = schema.properties ?? {};
    assert.deepEqual(Object(format).enum, ["summary", "transcript", "json"]);
    assert.equal(Object(offset).type, "integer");
    assert.equal(Object(offset).minimum, 0);
  });

  it("describes every argument of every tool", () => {
    const { tools } = toolsOver([]);
    assert.deepEqual(Object.keys(tools), [
      "archive_session",
      "list_archives",
      "retrieve_archive",
      "delete_archive",
      "restore_archive",
    ]);
    for (const name of Object.keys(tools)) {
      for (const property of Object.values(jsonSchemaOf(name).properties ?? {})) {
        assert.ok(Object(property).description.length > 10, `${name}: ${JSON.stringify(property)}`);
      }
    }
    assert.equal(jsonSchemaOf("archive_session").required, undefined);
    assert.equal(jsonSchemaOf("list_archives").required, undefined);
  });

  it("does not break where somebody parses with them", () => {
    const schemas = toolsOver([]).tools.restore_archive?.args as Record<string, z.ZodType>;
    assert.deepEqual(z.object(schemas).parse({ key: "k" }), { key: "k" });
  });
});
