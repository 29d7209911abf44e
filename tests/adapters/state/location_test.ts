import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import {
  configPath,
  dataFolder,
  stateFolder,
  statePath,
} from "../../../adapters/state/location.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { withFolder } from "./temporary.ts";

const linux = { platform: "linux", env: { HOME: "/home/user" } };
const windows = {
  platform: "win32",
  env: { USERPROFILE: "C:\\Users\\me", LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local" },
};

describe("where things are", () => {
  it("follows the XDG defaults below the home folder", () => {
    const config = "/home/user/.config/opencode/opencode-session-archiver.yaml";
    assert.equal(configPath(linux), config);
    assert.equal(
      dataFolder(linux),
      "/home/user/.local/share/opencode-session-archiver/archives",
    );
    assert.match(
      statePath({ ...linux, configPath: config }),
      /^\/home\/user\/\.local\/state\/opencode-session-archiver\/v1\/[0-9a-f]{16}$/,
    );
  });

  it("prefers absolute XDG variables and needs no home then", () => {
    const env = { XDG_CONFIG_HOME: "/c", XDG_DATA_HOME: "/d", XDG_STATE_HOME: "/s" };
    const where = { platform: "linux", env };
    assert.equal(configPath(where), "/c/opencode/opencode-session-archiver.yaml");
    assert.equal(dataFolder(where), "/d/opencode-session-archiver/archives");
    assert.match(statePath({ ...where, configPath: "/c/x.yaml" }), /^\/s\/opencode-session-arch/);
  });

  it("ignores relative and empty XDG variables", () => {
    for (const value of ["", "state", "./state", "~/state"]) {
      const env = { ...linux.env, XDG_DATA_HOME: value };
      assert.equal(dataFolder({ ...linux, env }), dataFolder(linux));
    }
  });

  it("uses the local application data on Windows, and OpenCode's place for the configuration", () => {
    assert.equal(
      configPath(windows),
      "C:\\Users\\me\\.config\\opencode\\opencode-session-archiver.yaml",
    );
    const data = "C:\\Users\\me\\AppData\\Local\\opencode-session-archiver\\archives";
    assert.equal(dataFolder(windows), data);
    assert.equal(dataFolder({ ...windows, env: { USERPROFILE: "C:\\Users\\me" } }), data);
    const one = statePath({ ...windows, configPath: "C:\\Users\\me\\a.yaml" });
    assert.equal(statePath({ ...windows, configPath: "c:\\users\\ME\\A.yaml" }), one);
  });

  it("gives each configuration a state of its own, however its path is written", () => {
    const one = statePath({ ...linux, configPath: "/etc/a.yaml" });
    assert.equal(statePath({ ...linux, configPath: "/etc/x/../a.yaml" }), one);
    assert.notEqual(statePath({ ...linux, configPath: "/etc/b.yaml" }), one);
  });

  it("names the variable to set when there is no home", () => {
    const nowhere = { platform: "linux", env: {} };
    assert.throws(() => dataFolder(nowhere), /HOME is not set; set it to the absolute path/);
    assert.throws(() => configPath({ platform: "win32", env: {} }), /USERPROFILE is not set/);
    assert.throws(() => dataFolder({ ...nowhere, env: { HOME: "here" } }), /relative path here/);
    assert.throws(
      () => statePath({ ...linux, configPath: "a.yaml" }),
      (error) => isArchiveError(error, "Invalid") && error.message.includes("a.yaml"),
    );
  });

  it("makes the folders for this user alone", async () => {
    await withFolder(async (folder) => {
      const env = { XDG_STATE_HOME: join(folder, "state") };
      const made = await stateFolder({ env, platform: process.platform, configPath: "/c.yaml" });
      for (let path = made; path !== folder; path = join(path, "..")) {
        assert.equal((await stat(path)).mode & 0o777, 0o700, path);
      }
      const again = await stateFolder({ env, platform: process.platform, configPath: "/c.yaml" });
      assert.equal(again, made);
    });
  });

  it("says so when something else stands in the way", async () => {
    await assert.rejects(
      stateFolder({
        env: { XDG_STATE_HOME: "/dev/null" },
        platform: process.platform,
        configPath: "/c.yaml",
      }),
      (error) => isArchiveError(error, "Invalid") && error.message.includes("/dev/null/"),
    );
  });
});
