import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isArchiveError, type PathRules, projectMatcher, router } from "@session-archiver/archiver";
import fc from "../properties.ts";

const ANY_CASE: PathRules = { ignoreCase: true };
const WINDOWS: PathRules = { windows: true, ignoreCase: true };

/** pattern, path, whether it matches, how paths are compared */
const TABLE: [string, string, boolean, PathRules?][] = [
  ["/work/**", "/work/a", true],
  ["/work/**", "/work/a/b/c", true],
  ["/work/**", "/work", true],
  ["/work/**", "/workshop", false],
  ["/work/**", "/home/work", false],
  ["/work/**", "/work/.hidden/deep", true],
  ["/work/*", "/work/.hidden", true],
  ["/work/*", "/work/a/b", false],
  ["/work/*/api", "/work/x/api", true],
  ["/**", "/", true],
  ["/**", "/anything/.at/all", true],
  ["**/node_modules/**", "/a/.b/node_modules/c", true],
  ["/work/{a,b}/**", "/work/b/c", true],
  ["/work/{a/**,b/**}", "/work/a", true],
  ["/work/{a/**,b/**}", "/work/b", true],
  ["/work/{a/**,b}", "/work/b/c", false],
  ["/work/**/**", "/work", true],
  ["/work/{a,b", "/work/{a,b", true],
  ["/work/[ab]", "/work/a", true],
  ["/work/[x]", "/work/[x]", true],
  ["!/work/**", "/elsewhere", false],
  ["#/work", "/work", false],
  ["/Work/**", "/work/a", false],
  ["/Work/**", "/work/a", true, ANY_CASE],
  ["C:\\Users\\me\\**", "c:\\users\\me\\x", true, WINDOWS],
  ["C:/Users/me/**", "C:\\Users\\me", true, WINDOWS],
  ["C:\\Users\\me\\*", "C:\\Users\\me\\.x", true, WINDOWS],
  ["C:\\Users\\me\\**", "D:\\Users\\me\\x", false, WINDOWS],
];

describe("projectMatcher()", () => {
  for (const [pattern, path, expected, how] of TABLE) {
    const verb = expected ? "matches" : "does not match";
    it(`${pattern} ${verb} ${path}${how ? ` with ${JSON.stringify(how)}` : ""}`, async () => {
      assert.equal((await projectMatcher([pattern], how))([path]), expected);
    });
  }

  it("refuses braces that stand for more globs than anybody means", async () => {
    const many = `/work/${"{a,b}".repeat(17)}`;
    await assert.rejects(projectMatcher([many]), (error) => isArchiveError(error, "Invalid"));
    assert.ok((await projectMatcher([`/work/${"{a,b}".repeat(9)}`]))(["/work/ababababa"]));
  });

  it("matches when any form of a path matches any pattern", async () => {
    const matches = await projectMatcher(["/nothing", "/real/**"]);
    assert.ok(matches(["/link", "/real/secret"]));
  });

  it("never misses anything below a folder that is shut off", async () => {
    const route = await router([{ match: ["/private/**"], backends: [] }], ["disk"]);
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((name) => !name.includes("/") && name !== "." && name !== "..");
    fc.assert(fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const path = ["/private", ...names].join("/");
      assert.deepEqual(route([path]).backends, []);
    }));
  });
});

describe("router()", () => {
  const rules = [
    { match: ["/work/secret/**"], backends: [] },
    { match: ["/work/**", "/clients/**"], backends: ["minio", "disk"] },
  ];

  it("takes the first rule that matches", async () => {
    const route = await router(rules, ["disk"]);
    assert.deepEqual(route(["/work/secret/x"]), { backends: [], rule: 0 });
    assert.deepEqual(route(["/work/x"]), { backends: ["minio", "disk"], rule: 1 });
  });

  it("falls back to the default", async () => {
    assert.deepEqual((await router(rules, ["disk"]))(["/home"]), { backends: ["disk"] });
  });
});
