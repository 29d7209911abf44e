/**
 * The architecture holds, and its rules can tell when it does not.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { violations } from "./source/architecture.ts";
import { readSource, readSources } from "./source/imports.ts";

/** What the rules say of made-up files. */
function judge(files: Readonly<Record<string, string>>): string[] {
  return violations(Object.entries(files).map(([file, text]) => readSource(file, text)));
}

describe("the sources of the library", () => {
  const sources = readSources(["mod.ts", "core", "backends", "adapters"]);

  it("are found and read", () => {
    const files = sources.map(({ file }) => file);
    assert.ok(files.includes("mod.ts") && files.includes("core/errors.ts"), files.join(", "));
    assert.ok(sources.some(({ imports }) => imports.length > 0));
  });

  it("keep the architecture", () => {
    assert.deepEqual(violations(sources), []);
  });
});

describe("the reader of imports", () => {
  it("tells static, type and lazy imports apart", () => {
    const { imports } = readSource(
      "core/a.ts",
      [
        `import a from "static";`,
        `import "bare";`,
        `import { type B, c } from "mixed";`,
        `export * from "star";`,
        `export { d } from "named";`,
        `import type E from "type";`,
        `import { type F } from "inline type";`,
        `export type { G } from "exported type";`,
        `let h: import("type query").H;`,
        `await import("lazy");`,
        "await import(`computed${h}`);",
        `process.getBuiltinModule("builtin");`,
        `export const own = "import('not one')"; // import "comment"`,
      ].join("\n"),
    );
    const seen = imports.map(({ kind, specifier, line }) => `${line} ${kind} ${specifier}`);
    assert.deepEqual(seen, [
      "1 static static",
      "2 static bare",
      "3 static mixed",
      "4 static star",
      "5 static named",
      "6 type type",
      "7 type inline type",
      "8 type exported type",
      "9 type type query",
      "10 lazy lazy",
      "11 lazy undefined",
      "12 lazy builtin",
    ]);
  });

  it("finds the global Deno in code, and not in comments or texts", () => {
    const text =
      `// Deno\nconst where = "Deno" in globalThis;\nDeno.cwd();\ntypeof globalThis.Deno;`;
    assert.deepEqual(readSource("core/a.ts", text).denoLines, [3, 4]);
  });
});

describe("the rules of the architecture", () => {
  it("let a tidy house be", () => {
    assert.deepEqual(
      judge({
        "mod.ts": `export * from "./core/a.ts"; export * from "./backends/s3.ts";`,
        "core/a.ts":
          `import { createHash } from "node:crypto"; import { minimatch } from "minimatch";
          import type { B } from "./b.ts";`,
        "core/b.ts": `process.getBuiltinModule("node:crypto");`,
        "backends/s3.ts":
          `import { a } from "../core/a.ts"; import type { S3 } from "@aws-sdk/client-s3";
          const sdk = await import("@aws-sdk/client-s3");`,
        "adapters/cli/run.ts": `import { z } from "zod"; import "../../backends/s3.ts";
          const name = "bun:sqlite"; await import(name);`,
      }),
      [],
    );
  });

  const FORBIDDEN: readonly [what: string, file: string, text: string, said: RegExp][] = [
    ["core a node: module", "core/a.ts", `import "node:fs";`, /^core\/a\.ts:1 imports "node:fs"/],
    ["core a lazy one", "core/a.ts", `\nawait import("node:fs");`, /^core\/a\.ts:2 .*"node:fs"/],
    ["core a type from a package", "core/a.ts", `import type { A } from "zod";`, /"zod"/],
    ["core a built-in by name", "core/a.ts", `process.getBuiltinModule("node:os");`, /"node:os"/],
    ["core something computed", "core/a.ts", `await import(name);`, /computed/],
    ["core a backend", "core/a.ts", `import "../backends/b.ts";`, /"\.\.\/backends\/b\.ts"/],
    ["core an adapter's type", "core/a.ts", `let a: import("../adapters/b.ts").B;`, /adapters/],
    ["core the library itself", "core/a.ts", `import "@session-archiver/archiver";`, /archiver"/],
    ["a backend an adapter", "backends/a.ts", `export * from "../adapters/b.ts";`, /adapters\/b/],
    ["a backend zod", "backends/a.ts", `import { z } from "zod/v4";`, /only adapters may/],
    ["an adapter a script", "adapters/a.ts", `import "../scripts/b.ts";`, /scripts\/b/],
    ["an adapter mod.ts", "adapters/a.ts", `import "../mod.ts";`, /"\.\.\/mod\.ts"/],
    [
      "a file of no layer anything",
      "extra/a.ts",
      `import "node:fs";`,
      /^extra\/a\.ts:1 is in none/,
    ],
  ];
  for (const [what, file, text, said] of FORBIDDEN) {
    it(`forbid ${what}`, () => {
      const found = judge({ [file]: text });
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", said);
    });
  }

  it("forbid the global Deno in every layer", () => {
    for (const file of ["core/a.ts", "backends/a.ts", "adapters/a.ts", "mod.ts"]) {
      assert.match(judge({ [file]: `Deno.exit();` }).join("\n"), /:1 names the global Deno/);
    }
  });

  for (const late of ["@aws-sdk/client-s3", "node:sqlite", "bun:sqlite"]) {
    it(`forbid that mod.ts loads ${late}, however deep it lies`, () => {
      const found = judge({
        "mod.ts": `export * from "./backends/a.ts";`,
        "backends/a.ts": `export { b } from "./b.ts";`,
        "backends/b.ts": `import x from "${late}";`,
      });
      assert.deepEqual(found, [
        `backends/b.ts:1 loads "${late}" with mod.ts (mod.ts -> backends/a.ts -> backends/b.ts)`,
      ]);
    });
  }

  it("forbid that mod.ts loads what S3 needs before a bucket is opened", () => {
    const found = judge({
      "mod.ts": `export { S3Backend } from "./backends/s3.ts";`,
      "backends/s3.ts": `import type { A } from "./s3/a.ts"; import { b } from "./s3/b.ts";
        await import("./s3/c.ts");`,
    });
    assert.deepEqual(found, [
      `backends/s3.ts:1 loads "./s3/b.ts" with mod.ts (mod.ts -> backends/s3.ts)`,
    ]);
  });

  it("let what mod.ts does not load at once be", () => {
    const found = judge({
      "mod.ts": `import type { A } from "./backends/a.ts"; await import("./backends/a.ts");`,
      "backends/a.ts": `import "@aws-sdk/client-s3";`,
    });
    assert.deepEqual(found, []);
  });

  it("forbid circles, and show them", () => {
    const found = judge({
      "core/a.ts": `import "./b.ts";`,
      "core/b.ts": `import type { C } from "./c.ts";`,
      "core/c.ts": `\nexport * from "./b.ts";`,
    });
    assert.deepEqual(found, [
      "core/c.ts:2 closes a circle of imports: core/b.ts -> core/c.ts -> core/b.ts",
    ]);
  });
});
