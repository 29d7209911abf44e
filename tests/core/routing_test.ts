import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesProject, type PathRules, route } from "@session-archiver/archiver";
import fc from "fast-check";

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

describe("matchesProject()", () => {
  for (const [pattern, path, expected, how] of TABLE) {
    const verb = expected ? "matches" : "does not match";
    it(`${pattern} ${verb} ${path}${how ? ` with ${JSON.stringify(how)}` : ""}`, () => {
      assert.equal(matchesProject([path], [pattern], how), expected);
    });
  }

  it("matches when any form of a path matches any pattern", () => {
    assert.ok(matchesProject(["/link", "/real/secret"], ["/nothing", "/real/**"]));
  });

  it("never misses anything below a folder that is shut off", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((name) => !name.includes("/") && name !== "." && name !== "..");
    fc.assert(fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const path = ["/private", ...names].join("/");
      assert.deepEqual(
        route([path], [{ match: ["/private/**"], backends: [] }], ["disk"]).backends,
        [],
      );
    }));
  });
});

describe("route()", () => {
  const rules = [
    { match: ["/work/secret/**"], backends: [] },
    { match: ["/work/**", "/clients/**"], backends: ["minio", "disk"] },
  ];

  it("takes the first rule that matches", () => {
    assert.deepEqual(route(["/work/secret/x"], rules, ["disk"]), { backends: [], rule: 0 });
    assert.deepEqual(route(["/work/x"], rules, ["disk"]), { backends: ["minio", "disk"], rule: 1 });
  });

  it("falls back to the default", () => {
    assert.deepEqual(route(["/home"], rules, ["disk"]), { backends: ["disk"] });
  });
});
