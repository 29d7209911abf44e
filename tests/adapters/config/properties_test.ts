/**
 * What holds of every configuration, and of every text that is none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "@std/yaml";
import { isConfigError } from "../../../adapters/config/complaints/config_error.ts";
import { durationText, milliseconds } from "../../../adapters/config/durations.ts";
import { expandText, hasVariable } from "../../../adapters/config/variables.ts";
import fc from "../../properties.ts";
import { read } from "./reading.ts";

/** Words that mean something here, so that random trees get past the first check. */
const WORD = fc.constantFrom(
  ..."backends rules default archive type s3 file bucket path match backend credentials tags quirks"
    .split(" "),
  ..."accessKeyId secretAccessKey minInterval 10s ~/x/** /x ${HOME} ${ $${ yes __proto__ toString"
    .split(" "),
  ..."constructor endpoint https://x.example.com prefix provider aws compress gzip".split(" "),
);

const TREE = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    { weight: 3, arbitrary: fc.oneof(WORD, fc.string(), fc.boolean(), fc.integer(), fc.double()) },
    fc.constant(null),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("tree"), { maxLength: 4 }),
    {
      weight: 4,
      arbitrary: fc.dictionary(fc.oneof(WORD, fc.string()), tie("tree"), { maxKeys: 5 }),
    },
  ),
})).tree;

/** Backends, well formed at the top, with anything inside. */
const NEARLY = fc.record({
  backends: fc.dictionary(
    WORD,
    fc.record({ type: fc.constantFrom("s3", "file"), bucket: TREE, path: TREE, tags: TREE }),
  ),
  rules: fc.array(fc.record({ match: TREE, backend: TREE, archive: TREE }, { requiredKeys: [] })),
  default: TREE,
  archive: TREE,
}, { requiredKeys: ["backends"] });

function onlyConfigErrors(text: string): void {
  try {
    read(text);
  } catch (error) {
    assert.ok(isConfigError(error), String(error));
    assert.ok(error.complaints.length > 0);
    for (const { at, message } of error.complaints) {
      assert.ok(message !== "" && !/[\r\n]/.test(at + message), at + message);
    }
  }
}

describe("any YAML", () => {
  it("is a configuration or a ConfigError, and every complaint is a line", () => {
    fc.assert(
      fc.property(fc.oneof(TREE, NEARLY), (tree) => {
        onlyConfigErrors(stringify(tree, { skipInvalid: true }));
      }),
      { numRuns: 500 },
    );
  });

  it("and any other text is too", () => {
    const sign = fc.constantFrom(...":-[]{},&*!|>'\"%@`#? \n\tab1~$\u0000\ufeff\ud800".split(""));
    fc.assert(fc.property(fc.oneof(fc.string({ unit: sign }), fc.string()), onlyConfigErrors), {
      numRuns: 500,
    });
  });
});

const NAME = fc.stringMatching(/^[a-z][a-zA-Z0-9._-]{0,12}$/);
const SEGMENT = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
const PATH = fc.array(SEGMENT, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join("/")}`);

const S3 = fc.record({
  type: fc.constant("s3" as const),
  bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,40}[a-z0-9]$/),
  region: fc.constantFrom("eu-central-1", "auto"),
  prefix: PATH.map((path) => path.slice(1)),
  endpoint: fc.constantFrom("https://s3.example.com", "https://10.0.0.1:9000/storage"),
  forcePathStyle: fc.boolean(),
  credentials: fc.record({
    accessKeyId: fc.stringMatching(/^[!-~]{1,40}$/),
    secretAccessKey: fc.stringMatching(/^[!-~]{1,40}$/),
  }),
  tags: fc.dictionary(fc.stringMatching(/^[b-zäß ]{1,20}$/), fc.stringMatching(/^[\w ]{0,20}$/), {
    maxKeys: 10,
  }),
}, { requiredKeys: ["type", "bucket"] });

const FILE_BACKEND = fc.record({ type: fc.constant("file" as const), path: PATH });

const VALID = fc.dictionary(NAME, fc.oneof(S3, FILE_BACKEND), { minKeys: 1, maxKeys: 4 })
  .filter((backends) => {
    const places = Object.values(backends).map((one) =>
      one.type === "file" ? one.path : `${one.endpoint}|${one.bucket}|${one.prefix}`
    );
    return new Set(places).size === places.length && !Object.hasOwn(backends, "__proto__");
  })
  .chain((backends) => {
    const names = fc.subarray(Object.keys(backends), { minLength: 1 });
    return fc.record({
      backends: fc.constant(backends),
      rules: fc.array(
        fc.oneof(
          fc.record({ match: fc.array(PATH, { minLength: 1, maxLength: 3 }), backend: names }),
          fc.record({ match: PATH, archive: fc.constant(false) }),
        ),
        { maxLength: 4 },
      ),
      default: names,
      archive: fc.record({
        auto: fc.boolean(),
        history: fc.boolean(),
        minInterval: fc.integer({ min: 0, max: 3600 }).map((s) => `${s}s`),
        waitOnExit: fc.integer({ min: 0, max: 60_000 }).map((ms) => `${ms}ms`),
        compress: fc.constantFrom("none" as const, "gzip" as const),
      }),
    });
  });

/** The same with plain prototypes. */
function plain<T>(tree: T): T {
  return JSON.parse(JSON.stringify(tree));
}

/** The same written so that no text holds a variable. */
function literal<T>(tree: T): T {
  return JSON.parse(JSON.stringify(tree).replaceAll("${", () => "$${"));
}

describe("any right configuration", () => {
  it("says what was written", () => {
    fc.assert(fc.property(VALID, (written) => {
      const config = read(stringify(literal(written)));
      assert.deepEqual(
        [...config.backends],
        Object.entries(plain(written.backends)),
      );
      assert.deepEqual(
        config.rules.map(({ patterns, backends }) => ({
          match: patterns.map(({ written }) => written),
          backends,
        })),
        written.rules.map((rule) => ({
          match: [rule.match].flat(),
          backends: "backend" in rule ? rule.backend : [],
        })),
      );
      for (const { patterns } of config.rules) {
        for (const { written, globs } of patterns) assert.ok(globs.includes(written));
      }
      assert.deepEqual(config.default, written.default);
      const { auto, history, compress, minInterval, waitOnExit } = written.archive;
      assert.deepEqual(config.archive, {
        auto,
        history,
        compress,
        minIntervalMs: parseInt(minInterval) * 1000,
        waitOnExitMs: parseInt(waitOnExit),
      });
    }));
  });

  it("is wrong with one unknown key anywhere, and the complaint says where", () => {
    const place = fc.constantFrom("", "backends.*", "rules.*", "archive");
    fc.assert(fc.property(VALID, place, (written, where) => {
      const tree = literal(written) as unknown as Record<string, Record<string, unknown>>;
      const top = where.split(".")[0];
      const holder = where === "" ? tree : where === top ? tree[top] : Object.values(tree[top])[0];
      fc.pre(holder !== undefined);
      Object.assign(holder as object, { surplus: 1 });
      assert.throws(() => read(stringify(tree)), (error) => {
        assert.ok(isConfigError(error));
        assert.equal(error.complaints.length, 1, error.message);
        assert.match(error.complaints[0].at, /(^|\.)surplus$/);
        return true;
      });
    }));
  });
});

describe("the expansion of variables", () => {
  const text = fc.string({ unit: fc.constantFrom(..."${}AB_1 x".split("")), maxLength: 30 });

  it("gives a text back that was written without variables", () => {
    fc.assert(fc.property(fc.oneof(text, fc.string()), (plain) => {
      const written = plain.replaceAll("${", () => "$${");
      assert.deepEqual(expandText(written, () => "value"), { text: plain, faults: [] });
      assert.ok(!hasVariable(written));
    }));
  });

  it("puts values in as they are", () => {
    fc.assert(fc.property(text, text, text.filter((one) => one !== ""), (before, behind, value) => {
      const [a, b] = [before, behind].map((one) => one.replaceAll("${", () => "$${"));
      // A dollar before a variable makes it a literal.
      fc.pre(!a.endsWith("$"));
      const written = `${a}\${A_1}${b}`;
      assert.ok(hasVariable(written));
      assert.deepEqual(expandText(written, () => value), {
        text: before + value + behind,
        faults: [],
      });
    }));
  });

  it("finds a fault or leaves nothing to expand", () => {
    fc.assert(fc.property(text, (written) => {
      const { text: expanded, faults } = expandText(written, () => "v");
      if (faults.length === 0 && !written.includes("$${")) assert.ok(!hasVariable(expanded));
      assert.equal(faults.length > 0, /(?<!\$)\$\{(?![A-Za-z_][A-Za-z0-9_]*\})/.test(written));
    }));
  });
});

describe("a duration", () => {
  it("is read as it was written, in the largest unit that fits", () => {
    fc.assert(fc.property(fc.nat(999_999_999), (length) => {
      assert.equal(milliseconds(durationText(length)), length);
    }));
    const written = [500, 10_000, 90_000, 120_000, 3_600_000].map(durationText);
    assert.deepEqual(written, ["500ms", "10s", "90s", "2m", "1h"]);
  });
});
