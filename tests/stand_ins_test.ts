/**
 * What this project relies on of `@std`, true in both registry lanes: of the real packages, and of
 * the stand-ins in `scripts/npm_lane/`.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { isAbsolute as isAbsoluteHere, resolve as resolveHere, sep } from "node:path";
import { parse as parseIni } from "@std/ini";
import * as path from "@std/path";
import * as posix from "@std/path/posix";
import { parse, stringify } from "@std/yaml";

describe("@std/yaml parse()", () => {
  it("gives null for a text without a value", () => {
    for (const empty of ["", " \n\n ", "# only a comment\n"]) assert.equal(parse(empty), null);
  });

  it("reads maps, lists, texts, numbers and booleans", () => {
    const text = `
backends:
  minio:
    type: s3
    prefix: \${HOSTNAME}
    forcePathStyle: true
    port: 9000
rules:
  - match: ["~/work/**", '/srv/*']
  - match: ~/private/**
    archive: false
note: |
  two
  lines
nothing: ~
`;
    assert.deepEqual(parse(text), {
      backends: {
        minio: { type: "s3", prefix: "${HOSTNAME}", forcePathStyle: true, port: 9000 },
      },
      rules: [{ match: ["~/work/**", "/srv/*"] }, { match: "~/private/**", archive: false }],
      note: "two\nlines\n",
      nothing: null,
    });
  });

  it("leaves yes, no, on and off as texts", () => {
    assert.deepEqual(parse("[yes, no, on, off]"), ["yes", "no", "on", "off"]);
  });

  for (
    const [what, text, line] of [
      ["bad indentation", "a: 1\nb: 2\n   c: 3\n", 3],
      ["a key that stands twice", "a: 1\nb: 2\na: 3\n", 3],
      ["an unknown alias", "a: 1\nb: *nobody\n", 2],
    ] as const
  ) {
    it(`fails for ${what} with a SyntaxError that names the line`, () => {
      assert.throws(() => parse(text), (error) => {
        assert.ok(error instanceof SyntaxError, String(error));
        assert.match(error.message, new RegExp(`at line ${line}, column \\d+`));
        return true;
      });
    });
  }

  it("sets no prototype through a key", () => {
    const value = parse("__proto__:\n  admin: true\n") as { admin?: boolean };
    assert.equal(value.admin, undefined);
  });
});

describe("@std/yaml stringify()", () => {
  it("writes what parse() reads back", () => {
    const value = {
      text: "a: b # c",
      lines: "one\ntwo\n",
      number: -1.5,
      list: [true, null, [], {}],
      map: { "key with: colon": "${X}", empty: "" },
    };
    assert.deepEqual(parse(stringify(value)), value);
  });

  it("writes block style with two spaces, in the order of the keys", () => {
    assert.equal(stringify({ b: { c: [1, "x"] }, a: "z" }), "b:\n  c:\n    - 1\n    - x\na: z\n");
    assert.equal(stringify({ b: 1, a: 2 }, { sortKeys: true }), "a: 2\nb: 1\n");
  });
});

describe("@std/ini parse()", () => {
  it("keeps section names whole, with dots and spaces", () => {
    const text = "[profile my.team.dev]\nregion = eu-central-1\n[default]\nregion=us-east-1\n";
    assert.deepEqual(plain(parseIni(text)), {
      "profile my.team.dev": { region: "eu-central-1" },
      default: { region: "us-east-1" },
    });
  });

  it("keeps values whole, with ; and # and =", () => {
    const text = "[a]\none = x;y\ntwo = x # y\nthree = k=v\nurl = http://localhost:9000/#/\n";
    assert.deepEqual(plain(parseIni(text)), {
      a: { one: "x;y", two: "x # y", three: "k=v", url: "http://localhost:9000/#/" },
    });
  });

  it("passes over comments and empty lines, whatever ends a line", () => {
    const text = "# one\r\n; two\r\n// three\r\n\r\n[a]\r\nb = c\r\n";
    assert.deepEqual(plain(parseIni(text)), { a: { b: "c" } });
  });

  it("gives values before the first section as they are", () => {
    assert.deepEqual(plain(parseIni("a = b\n[c]\nd = e\n")), { a: "b", c: { d: "e" } });
  });

  it("hands every value as text to a reviver, so that ids and keys stay texts", () => {
    const text = "[a]\naccount = 0123\nempty =\n";
    const asText = { reviver: (_key: string, value: string) => value };
    assert.deepEqual(plain(parseIni(text, asText)), { a: { account: "0123", empty: "" } });
    assert.deepEqual(plain(parseIni(text)), { a: { account: 123, empty: 0 } });
  });

  it("fails with a SyntaxError that names the line and shows nothing of it", () => {
    assert.throws(() => parseIni("[a]\nb = c\nhunter2\n"), (error) => {
      assert.ok(error instanceof SyntaxError, String(error));
      assert.match(error.message, /at line 3$/);
      assert.ok(!error.message.includes("hunter2") && error.cause === undefined);
      return true;
    });
  });
});

/** Without the prototypes that a parser may give or not. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("@std/path", () => {
  it("goes by the rules of this system", () => {
    assert.equal(path.SEPARATOR, sep);
    assert.equal(path.join("a", "..", "b", "c.txt"), `b${sep}c.txt`);
    assert.equal(path.resolve("a"), resolveHere("a"));
    assert.equal(path.isAbsolute(path.resolve("a")), isAbsoluteHere(resolveHere("a")));
    assert.equal(path.relative(path.join("a", "b"), path.join("a", "c")), `..${sep}c`);
  });
});

describe("@std/path/posix", () => {
  it("goes by the rules of POSIX everywhere", () => {
    assert.equal(posix.SEPARATOR, "/");
    assert.equal(posix.DELIMITER, ":");
    assert.equal(posix.join("/a/b", "../c", "./d"), "/a/c/d");
    assert.equal(posix.normalize("/a//b/../c/."), "/a/c");
    assert.equal(posix.dirname("/a/b/c.json"), "/a/b");
    assert.equal(posix.basename("/a/b/c.json"), "c.json");
    assert.equal(posix.basename("/a/b/c.json", ".json"), "c");
    assert.equal(posix.extname("c.tar.gz"), ".gz");
    assert.equal(posix.relative("/a/b/c", "/a/d"), "../../d");
    assert.equal(posix.resolve("/a", "b", "../c"), "/a/c");
    assert.equal(posix.isAbsolute("/a") && !posix.isAbsolute("C:\\a"), true);
    assert.equal(posix.format({ dir: "/a", base: "b.c" }), "/a/b.c");
    assert.deepEqual(posix.parse("/a/b.c"), {
      root: "/",
      dir: "/a",
      base: "b.c",
      ext: ".c",
      name: "b",
    });
  });
});
