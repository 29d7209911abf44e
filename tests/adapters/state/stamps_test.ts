import assert from "node:assert/strict";
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { accessStamp, configStamp, haveChanged } from "../../../adapters/state/stamps.ts";
import { withDisk, withFolder } from "./temporary.ts";

const at = "2026-01-15T12:34:56.789Z";

describe("the stamp of a configuration", () => {
  it("tells that it is missing, also below a file", () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      assert.equal(await configStamp(join(folder, "config.yaml")), "missing");
      assert.equal(await configStamp(join(folder, "file", "config.yaml")), "missing");
    }));

  it("is the same while nothing changes, in whole milliseconds", () =>
    withFolder(async (folder) => {
      const path = join(folder, "config.yaml");
      await writeFile(path, "archive: {}\n");
      const stamp = await configStamp(path);
      assert.match(stamp, /^\d+:12:\d+$/);
      assert.equal(await configStamp(path), stamp);
    }));

  it("differs after every kind of change, behind a link too", () =>
    withFolder(async (folder) => {
      const [path, link] = [join(folder, "config.yaml"), join(folder, "link.yaml")];
      await writeFile(path, "archive: {}\n");
      await symlink(path, link);
      const time = new Date(at);
      await utimes(path, time, time);
      const stamps = [await configStamp(link)];
      await utimes(path, time, new Date(time.getTime() + 1_000));
      stamps.push(await configStamp(link));
      await writeFile(path, "archive: {auto: false}\n");
      await utimes(path, time, time);
      stamps.push(await configStamp(link));
      // As editors do it: another file of the same size and time in its place.
      await writeFile(`${path}~`, "archive: {auto: no }\n".padEnd(23));
      await utimes(`${path}~`, time, time);
      await rename(`${path}~`, path);
      stamps.push(await configStamp(link));
      assert.equal(new Set(stamps).size, stamps.length, `${stamps}`);
    }));
});

describe("the stamp of what gives access", () => {
  it(
    "differs when others may read it, as well as after a change",
    { skip: process.platform === "win32" },
    () =>
      withFolder(async (folder) => {
        const path = join(folder, "credentials");
        const stamps = [await accessStamp(path)];
        await writeFile(path, "[default]\n", { mode: 0o600 });
        stamps.push(await accessStamp(path));
        await chmod(path, 0o640);
        stamps.push(await accessStamp(path));
        await writeFile(path, "[default]\n[other]\n");
        stamps.push(await accessStamp(path));
        assert.equal(stamps[0], "missing");
        assert.equal(new Set(stamps).size, stamps.length, `${stamps}`);
        assert.equal(await accessStamp(path), stamps.at(-1));
      }),
  );

  it("is the same of a folder whatever comes and goes there, and not of another one", () =>
    withFolder(async (folder) => {
      const path = join(folder, "archives");
      await mkdir(path);
      const stamp = await accessStamp(path);
      await writeFile(join(path, "one"), "1");
      await mkdir(join(path, "two"));
      await rm(join(path, "one"));
      await utimes(path, new Date(at), new Date(at));
      assert.equal(await accessStamp(path), stamp);
      await rename(path, join(folder, "away"));
      assert.equal(await accessStamp(path), "missing");
      await mkdir(path);
      assert.notEqual(await accessStamp(path), stamp);
    }));

  it(
    "differs of a folder when its rights do",
    { skip: process.platform === "win32" },
    () =>
      withFolder(async (folder) => {
        const stamps = [await accessStamp(folder)];
        await chmod(folder, 0o500);
        stamps.push(await accessStamp(folder));
        await chmod(folder, 0o700);
        assert.notEqual(stamps[0], stamps[1]);
        assert.equal(await accessStamp(folder), stamps[0]);
      }),
  );

  it("differs of a folder when a disk is mounted there, for reading or for writing", async (test) => {
    const ran = await withDisk("size=1m", async (disk, remount) => {
      const stamp = await accessStamp(disk);
      const [device] = stamp.split(":");
      assert.notEqual(device, (await accessStamp(dirname(disk))).split(":")[0]);
      remount("ro");
      // Deno goes by the mode alone.
      if (!("Deno" in globalThis)) assert.match(await accessStamp(disk), /:EROFS$/);
      remount("rw");
      assert.equal(await accessStamp(disk), stamp);
    });
    if (!ran) test.diagnostic("nothing can be mounted here");
  });

  it("tells that any of several has changed, and looks no further then", async () => {
    const now: Record<string, string> = { "/a": "1", "/b": "2" };
    const looked: string[] = [];
    const stampOf = (path: string) => {
      looked.push(path);
      return Promise.resolve(now[path]);
    };
    assert.equal(await haveChanged({ "/a": "0", "/b": "2" }, stampOf), true);
    assert.deepEqual(looked, ["/a"]);
    now["/a"] = "silent";
    assert.equal(await haveChanged({ "/a": "1", "/b": "0" }, stampOf), false);
    assert.deepEqual(looked, ["/a", "/a"]);
    now["/a"] = "1";
    assert.equal(await haveChanged({}, stampOf), false);
    assert.equal(await haveChanged({ "/a": "1", "/b": "2" }, stampOf), false);
    assert.equal(await haveChanged({ "/a": "1", "/b": "3" }, stampOf), true);
  });
});
