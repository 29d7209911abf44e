/**
 * From a glob in the file to the decision about a project, through the router: a rule that keeps a
 * project back must not be missed for the way that its path, or the glob, is written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { coreRules } from "../../../adapters/config/core_rules.ts";
import { pathRules, projectPaths } from "../../../adapters/paths/project_paths.ts";
import { router } from "../../../core/routing.ts";
import fc from "../../properties.ts";
import { complaints, read, withDisk, withFolder } from "./reading.ts";

/** Whether projects at a path are kept back by a glob. */
async function keptBack(
  glob: string,
  platform = "linux",
  home: Record<string, string> = { HOME: "/home/me", USERPROFILE: "C:\\Users\\me" },
): Promise<(path: string) => boolean> {
  const text = withDisk(`rules: [{match: ${JSON.stringify(glob)}, archive: false}]`);
  const config = read(text, { platform, env: home });
  const route = await router(coreRules(config), config.default, pathRules({ platform }));
  return (path) => route(projectPaths(path)).backends.length === 0;
}

/** glob, path, whether it is kept back, platform */
const TABLE: readonly [string, string, boolean, string?][] = [
  ["~/private/**", "/home/me/private/app", true],
  ["~/private/**", "/home/me/private", true],
  ["~/private/**", "/home/me/private/.hidden/.git/x", true],
  ["~/private/**", "/home/me/privateer", false],
  ["~/private/**", "/home/you/private/app", false],
  ["~/private", "/home/me/private", true],
  ["~/private", "/home/me/private/app", false],
  ["~/private/", "/home/me/private", true],
  ["~/.secrets/**", "/home/me/.secrets/x", true],
  ["~", "/home/me", true],
  ["~/**", "/home/me", true],
  ["~/*", "/home/me/.hidden", true],
  ["~/*/api", "/home/me/x/api", true],
  ["~/*/api", "/home/me/api", false],
  ["**", "/anything/.at/all", true],
  ["**", "/", true],
  ["/**", "/", true],
  ["**/secret/**", "/a/.b/secret/c", true],
  ["**/secret/**", "/a/.b/secret", true],
  ["**/secret/**", "/secret", true],
  ["**/secret", "/x/secret/c", false],
  ["/work/{a,b}/**", "/work/b/c", true],
  ["/work/{a/**,b/**}", "/work/a", true],
  ["~/priv/**/**", "/home/me/priv", true],
  ["/work/[ab]/**", "/work/a/c", true],
  ["/work//a/./b/../**", "/work/a/x", true],
  ["/work/a/", "/work/a", true],
  // What looks like a glob may be a name.
  ["/work/[old]/**", "/work/[old]/app", true],
  ["/work/[old]/**", "/work/[old]", true],
  ["/work/[old]", "/work/[old]", true],
  ["/work/[old] {1,2}/(x)/**", "/work/[old] {1,2}/(x)/app", true],
  ["/work/+(x)/*/**", "/work/+(x)/a/b", true],
  ["/work/[old]/**", "/work/[older]/app", false],
  ["/work/!x/#y/**", "/work/!x/#y/z", true],
  ["/work/a b$ü/**", "/work/a b$ü/z", true],
  // The same letters in both forms that Unicode has for them.
  ["/work/Gr\u00fc\u00dfe/**", "/work/Gru\u0308\u00dfe/x", true],
  ["/work/Gru\u0308\u00dfe/**", "/work/Gr\u00fc\u00dfe/x", true],
  // Case counts where the file system says so.
  ["/Work/**", "/work/a", false],
  ["/Work/**", "/work/a", true, "darwin"],
  ["/Users/me/[Old]/**", "/users/me/[old]/a", true, "darwin"],
  // Windows.
  ["C:\\work\\**", "C:\\work\\a", true, "win32"],
  ["C:\\work\\**", "c:\\Work\\.a\\b", true, "win32"],
  ["C:\\work\\**", "C:\\work", true, "win32"],
  ["C:\\work\\**", "C:/work/a", true, "win32"],
  ["C:/work/**", "C:\\work\\a\\b", true, "win32"],
  ["c:/work/x/../**", "C:\\work\\a\\b", true, "win32"],
  ["C:\\work\\**", "D:\\work\\a", false, "win32"],
  ["C:\\**", "C:\\x", true, "win32"],
  ["C:/*", "C:\\x", true, "win32"],
  ["C:\\work\\[old]\\**", "C:\\work\\[old]\\x", true, "win32"],
  ["C:\\work\\*\\[old]\\**", "C:\\work\\y\\[old]\\x", true, "win32"],
  ["~\\work\\**", "C:\\Users\\me\\work\\x", true, "win32"],
  ["~/work/**", "C:\\Users\\me\\work\\x", true, "win32"],
  ["**\\secret\\**", "C:\\x\\secret\\y", true, "win32"],
  ["**/secret/**", "C:\\x\\secret", true, "win32"],
  ["\\\\server\\share\\**", "\\\\server\\share\\x", true, "win32"],
  ["//server/share/**", "\\\\server\\share\\x", true, "win32"],
];

describe("a glob of a rule", () => {
  for (const [glob, path, expected, platform] of TABLE) {
    const verb = expected ? "covers" : "does not cover";
    it(`${JSON.stringify(glob)} ${verb} ${path}${platform ? ` on ${platform}` : ""}`, async () => {
      assert.equal((await keptBack(glob, platform))(path), expected);
    });
  }

  it("is kept as it was written, beside its forms", () => {
    const { rules } = read(withDisk("rules: [{match: ~/x/**, backend: disk}]"));
    assert.deepEqual(rules, [
      { patterns: [{ written: "~/x/**", globs: ["/home/me/x/**"] }], backends: ["disk"] },
    ]);
  });

  it("takes variables and still is shown without them", () => {
    const text = withDisk('rules: [{match: "${CODE}/**", archive: false}]');
    const { rules } = read(text, { env: { CODE: "/code" } });
    const patterns = [{ written: "${CODE}/**", globs: ["/code/**"] }];
    assert.deepEqual(rules, [{ patterns, backends: [] }]);
  });

  it("covers every folder below, whatever it is called", async () => {
    const covers = await keptBack("~/private/**");
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((one) => !/[/\0]/.test(one) && one !== "." && one !== "..");
    fc.assert(fc.property(fc.array(name, { maxLength: 4 }), (names) => {
      assert.ok(covers(["/home/me/private", ...names].join("/")));
    }));
  });

  it("that is the name of a folder covers it and all below, whatever it is called", async () => {
    const sign = fc.constantFrom(..."[](){}!+@#,^-|.aB1 $~".split(""));
    const name = fc.string({ unit: sign, minLength: 1, maxLength: 8 })
      .filter((one) => one !== "." && one !== "..");
    await fc.assert(fc.asyncProperty(name, async (one) => {
      // A dollar before a brace would be a variable.
      const written = `/work/x${one}/**`.replaceAll("${", () => "$${");
      const covers = await keptBack(written);
      assert.ok(covers(`/work/x${one}`) && covers(`/work/x${one}/app`), one);
    }));
  });
});

describe("links", { skip: process.platform === "win32" }, () => {
  it("lead to the same decision from both their ends", async () => {
    await withFolder(async (root) => {
      await mkdir(join(root, "real", "secret", "app"), { recursive: true });
      await mkdir(join(root, "home"));
      await symlink(join(root, "real", "secret"), join(root, "home", "secret"));
      const home = { HOME: join(root, "home") };
      // The link is in the glob, and the agent tells the real path.
      const byLink = await keptBack("~/secret/**", "linux", home);
      assert.ok(byLink(join(root, "real", "secret", "app")));
      assert.ok(byLink(join(root, "home", "secret", "app")));
      assert.ok(byLink(join(root, "real", "secret")));
      // The link is in the project's path.
      const byRealPath = await keptBack(join(root, "real", "secret", "**"), "linux", home);
      assert.ok(byRealPath(join(root, "home", "secret", "app")));
      assert.ok(!byRealPath(join(root, "home")));
    });
  });

  it("count above what no longer exists", async () => {
    await withFolder(async (root) => {
      await mkdir(join(root, "real"));
      await symlink(join(root, "real"), join(root, "link"));
      const byLink = await keptBack(join(root, "link", "gone", "**"));
      assert.ok(byLink(join(root, "real", "gone", "deep")));
      const byRealPath = await keptBack(join(root, "real", "gone", "**"));
      assert.ok(byRealPath(join(root, "link", "gone")));
      await rm(join(root, "real"), { recursive: true });
      assert.ok(byLink(join(root, "link", "gone", "deep")));
    });
  });

  it("may lead to and from folders that look like globs", async () => {
    await withFolder(async (root) => {
      await mkdir(join(root, "[a] {b,c}", "app"), { recursive: true });
      await symlink(join(root, "[a] {b,c}"), join(root, "plain"));
      await mkdir(join(root, "behind"));
      await symlink(join(root, "behind"), join(root, "[link]"));
      const toOdd = await keptBack(join(root, "plain", "**"));
      assert.ok(toOdd(join(root, "[a] {b,c}", "app")));
      const toOddAndOn = await keptBack(join(root, "plain", "{app,lib}", "**"));
      assert.ok(toOddAndOn(join(root, "[a] {b,c}", "app", "deep")));
      const fromOdd = await keptBack(join(root, "[link]", "**"));
      assert.ok(fromOdd(join(root, "behind", "app")));
    });
  });
});

describe("a glob that matches nothing", () => {
  const REFUSED: readonly [string, RegExp, string?][] = [
    ["", /^rules\[0\]\.match: is empty; give a glob/],
    ["work/**", /"work\/\*\*", which has to begin with \/, ~\/ or \*\*\//],
    ["./work", /has to begin/],
    ["*/work", /has to begin/],
    ["**work", /has to begin/],
    ["***/work", /has to begin/],
    ["{/a,/b}/**", /has to begin/],
    ["~bob/x", /home folder of a user by name/],
    ["~*", /home folder of a user by name/],
    ["C:\\work\\**", /path of Windows/],
    ["\\\\server\\share\\**", /path of Windows/],
    ["/a/*/../b", /behind a wildcard/],
    ["/a/*/./b", /behind a wildcard/],
    ["/a\u0007", /control character/],
    [`/${"a".repeat(1001)}`, /longer than 1000/],
    ["/work/**", /lacks the drive/, "win32"],
    ["\\work\\**", /lacks the drive/, "win32"],
    ["work\\**", /has to begin with a drive/, "win32"],
    ["C:work", /has to begin with a drive/, "win32"],
  ];
  for (const [glob, said, platform = "linux"] of REFUSED) {
    it(`is refused: ${JSON.stringify(glob.slice(0, 30))} on ${platform}`, () => {
      const text = withDisk(`rules: [{match: ${JSON.stringify(glob)}, archive: false}]`);
      const found = complaints(text, { platform });
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0], said);
    });
  }

  it("is refused where no home folder is known", () => {
    const text = withDisk("rules: [{match: ~/x, archive: false}]");
    assert.match(complaints(text, { env: {} })[0], /HOME is not set/);
    assert.match(complaints(text, { env: { HOME: "me" } })[0], /HOME is not absolute/);
  });
});

describe("braces", () => {
  it("with a link in one alternative keep back where it leads", () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, "real/app"), { recursive: true });
      await symlink(join(folder, "real"), join(folder, "private"));
      const isKeptBack = await keptBack(`${folder}/{private,secret}/**`);
      assert.ok(isKeptBack(join(folder, "real/app")));
      assert.ok(isKeptBack(join(folder, "real")));
    }));

  it("that stand for more globs than anybody means are a complaint", () => {
    const glob = `/work/${"{a,b}".repeat(17)}`;
    const [complaint] = complaints(withDisk(`rules: [{match: "${glob}", archive: false}]`));
    assert.match(complaint, /^rules\[0\]\.match: .*more than 1000 globs by its braces/);
  });
});

describe("a glob with a space at its end", () => {
  it("is a complaint, for it would match nothing", () => {
    const [complaint] = complaints(withDisk('rules: [{match: "~/priv/** ", archive: false}]'));
    assert.match(complaint, /begins or ends with a space/);
  });
});
