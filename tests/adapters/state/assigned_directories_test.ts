import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  assignDirectory,
  isWithin,
  othersDirectories,
} from "../../../adapters/state/assigned_directories.ts";
import { withFolder } from "./temporary.ts";

const USUAL = "/home/me/.config/opencode/opencode-session-archiver.yaml";
const OWN = "/home/me/client.yaml";

/** The states of two configurations, side by side. */
function inStates(body: (states: { usual: string; own: string }) => Promise<void>): Promise<void> {
  return withFolder(async (root) => {
    const states = { usual: join(root, "v1", "aaaa"), own: join(root, "v1", "bbbb") };
    for (const state of Object.values(states)) await mkdir(state, { recursive: true });
    await body(states);
  });
}

describe("directories with a configuration of their own", () => {
  it("are another one's for every configuration but that", () =>
    inStates(async ({ usual, own }) => {
      assert.deepEqual(await othersDirectories(usual, USUAL), []);
      await assignDirectory(own, "/home/me/client", OWN);
      await assignDirectory(own, "/home/me/client", OWN);
      assert.deepEqual(await othersDirectories(usual, USUAL), ["/home/me/client"]);
      assert.deepEqual(await othersDirectories(own, OWN), []);
    }));

  it("are nobody's own again once OpenCode goes by the usual one there", () =>
    inStates(async ({ usual, own }) => {
      await assignDirectory(own, "/home/me/client", OWN);
      await assignDirectory(usual, "/home/me/client", undefined);
      await assignDirectory(usual, "/home/me/never", undefined);
      assert.deepEqual(await othersDirectories(usual, USUAL), []);
    }));

  it("leave one file each, however many processes tell of them at once", () =>
    inStates(async ({ usual, own }) => {
      await Promise.all(
        Array.from({ length: 20 }, () => assignDirectory(own, "/home/me/client", OWN)),
      );
      assert.equal((await readdir(join(own, "..", "directories"))).length, 1);
      assert.deepEqual(await othersDirectories(usual, USUAL), ["/home/me/client"]);
    }));

  it("are read past a file that is damaged", () =>
    inStates(async ({ usual, own }) => {
      await assignDirectory(own, "/home/me/client", OWN);
      const folder = join(own, "..", "directories");
      await writeFile(join(folder, "0000.json"), '{"directory": "/x", "con');
      await writeFile(join(folder, "0001.json"), '{"directory": 5, "config": "/c.yaml"}');
      assert.deepEqual(await othersDirectories(usual, USUAL), ["/home/me/client"]);
    }));

  it("name their path when there is something in the way", () =>
    inStates(async ({ own }) => {
      await writeFile(join(own, "..", "directories"), "");
      await assert.rejects(assignDirectory(own, "/home/me/client", OWN), /directories/);
    }));

  it("have in them what lies below, also through links, and nothing else", () =>
    withFolder(async (root) => {
      assert.ok(isWithin("/home/me/client", ["/other", "/home/me/client"]));
      assert.ok(isWithin("/home/me/client/shop/src", ["/home/me/client"]));
      assert.ok(isWithin("/home/me/client/..data", ["/home/me/client"]));
      assert.ok(!isWithin("/home/me/clients", ["/home/me/client"]));
      assert.ok(!isWithin("/home/me", ["/home/me/client"]));
      assert.ok(!isWithin("/home/me/client", []));
      await mkdir(join(root, "real", "shop"), { recursive: true });
      await symlink(join(root, "real"), join(root, "link"));
      assert.ok(isWithin(join(root, "link", "shop"), [join(root, "real")]));
      assert.ok(isWithin(join(root, "real", "shop"), [join(root, "link")]));
    }));
});
