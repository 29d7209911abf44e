import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fsp from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { FileBackend } from "../../backends/file.ts";
import { fileError } from "../../backends/file/errors.ts";
import { checkFileKey } from "../../backends/file/names.ts";
import { MemoryBackend } from "../../backends/memory.ts";
import type { Backend, ListOptions, RangedBody } from "../../core/backend.ts";
import { type ErrorCode, isArchiveError } from "../../core/errors.ts";
import fc from "../properties.ts";
import { testBackend } from "./contract.ts";

testBackend("file", async () => {
  const root = await fsp.mkdtemp(join(tmpdir(), "file-contract-"));
  const dispose = () => fsp.rm(root, { recursive: true, force: true });
  return { backend: new FileBackend({ path: join(root, "not/there/yet") }), dispose };
});

// ── What lies on disk ────────────────────────────────────────────────────────

test("file: files are 0600 and new folders 0700, whatever the umask", async (t) => {
  const root = join(await scratch(t), "deep/root");
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await new FileBackend({ path: root }).put("project/2024-01-15/ses_1.json", bytes("x"));
  for (const folder of ["..", ".", "project", "project/2024-01-15"]) {
    assert.equal((await fsp.stat(join(root, folder))).mode & 0o777, 0o700, folder);
  }
  const file = join(root, "project/2024-01-15/ses_1.json");
  assert.equal((await fsp.stat(file)).mode & 0o777, 0o600);
});

test("file: a key is the path of a plain file with exactly the bytes", async (t) => {
  const root = await scratch(t);
  await new FileBackend({ path: root }).put("a b/ü#?.json", bytes("plain"));
  assert.equal(await fsp.readFile(join(root, "a b/ü#?.json"), "utf8"), "plain");
  assert.deepEqual(await tree(root), ["a b/", "a b/ü#?.json"]);
});

test("file: file, folder and every new folder's parent are synced before put returns", async (t) => {
  const root = join(await scratch(t), "root");
  const synced = spyOnSyncs(t);
  await new FileBackend({ path: root }).put("project/day/one.json", bytes("x"));
  const paths = synced.map((path) => relative(join(root, ".."), path));
  const temporary = paths.filter((path) => path.startsWith("root/.tmp-"));
  assert.equal(temporary.length, 1);
  assert.deepEqual(paths.filter((path) => !path.includes(".tmp-")), [
    "", // now holds root
    "root", // now holds project
    "root/project", // now holds day
    "root/project/day", // now holds one.json
  ]);
});

test("file: no put returns before the folder that another one just made is synced", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  const reached = signal();
  const gate = signal();
  const open = fsp.open;
  replace(t, "open", async (...args: Parameters<typeof open>) => {
    const handle = await open(...args);
    if (args[0] !== root) return handle;
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      reached.resolve();
      await gate.promise;
      await sync();
    };
    return handle;
  });
  const first = backend.put("new/1", bytes("x"));
  await reached.promise; // new/ is there now, and may still be lost
  let done = false;
  const second = backend.put("new/2", bytes("x")).then(() => done = true);
  for (let i = 0; i < 200; i++) await fsp.stat(root); // more than a put takes
  assert.equal(done, false);
  gate.resolve();
  await Promise.all([first, second]);
});

test("file: deleting the last key of a folder removes it, never the root", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a/b/c/1", bytes("x"));
  await backend.put("a/2", bytes("x"));
  await backend.delete("a/b/c/1");
  assert.deepEqual(await tree(root), ["a/", "a/2"]);
  await backend.delete("a/2");
  assert.deepEqual(await tree(root), []);
  assert.ok(existsSync(root));
});

test("file: puts survive deletes that keep removing their folder", async (t) => {
  const root = await scratch(t);
  // Two backends, as two processes would have: they share nothing in memory.
  const [one, other] = [new FileBackend({ path: root }), new FileBackend({ path: root })];
  const churn = async (backend: Backend, key: string) => {
    for (let i = 0; i < 60; i++) {
      await backend.put(key, bytes(key));
      await backend.delete(key);
    }
    await backend.put(key, bytes(key));
  };
  await Promise.all([churn(one, "x/y/z/1"), churn(other, "x/y/z/2"), churn(other, "x/3")]);
  assert.deepEqual(await keys(one), ["x/3", "x/y/z/1", "x/y/z/2"]);
});

// ── Names ────────────────────────────────────────────────────────────────────

test("file: one folder under several names has one identity, whether it exists or not", async (t) => {
  const root = await scratch(t);
  await fsp.mkdir(join(root, "real"));
  await fsp.symlink("real", join(root, "link"));
  await fsp.symlink(join(root, "unplugged/disk"), join(root, "dangling"));
  const identity = (path: string) => new FileBackend({ path: join(root, path) }).identity;
  assert.equal(identity("real"), `file:${await fsp.realpath(join(root, "real"))}`);
  assert.equal(identity("link"), identity("real"));
  assert.equal(identity("link/not/yet"), identity("real/not/yet"));
  assert.equal(identity("real/../link/"), identity("real"));
  assert.notEqual(identity("real"), identity("other"));
  const before = identity("dangling");
  await fsp.mkdir(join(root, "unplugged/disk"), { recursive: true });
  assert.equal(identity("dangling"), before);
  const relativeOne = new FileBackend({ path: relative(process.cwd(), join(root, "real")) });
  assert.equal(relativeOne.identity, identity("real"));
});

test("file: the root may be a symbolic link", async (t) => {
  const root = await scratch(t);
  await fsp.mkdir(join(root, "real"));
  await fsp.symlink("real", join(root, "link"));
  const backend = new FileBackend({ path: join(root, "link") });
  await backend.put("a/b", bytes("x"));
  assert.equal(await content(backend, "a/b"), "x");
  assert.deepEqual(await keys(backend), ["a/b"]);
  assert.ok(existsSync(join(root, "real/a/b")));
});

test("file: a root that moves behind a link while in use is still found", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: join(root, "old") });
  await backend.put("a/b", bytes("x"));
  await fsp.rename(join(root, "old"), join(root, "new"));
  await fsp.symlink("new", join(root, "old"));
  assert.equal(await content(backend, "a/b"), "x");
  await backend.put("a/c", bytes("y"));
  assert.deepEqual(await keys(backend), ["a/b", "a/c"]);
});

test("file: a path that is empty or has a NUL is Invalid at once", () => {
  for (const path of ["", "a\0b"]) {
    assert.throws(() => new FileBackend({ path }), (error) => isArchiveError(error, "Invalid"));
  }
});

test("file: a missing root is empty, and reading makes nothing", async (t) => {
  const root = join(await scratch(t), "none");
  const backend = new FileBackend({ path: root });
  assert.deepEqual(await keys(backend), []);
  assert.deepEqual(await keys(backend, { prefix: "a/", delimiter: "/" }), []);
  await fails("NotFound", backend.get("a"));
  await fails("NotFound", backend.head("a/b"));
  await backend.delete("a/b");
  assert.ok(!existsSync(root));
});

test("file: a root that is a file is an error, not an empty list", async (t) => {
  const root = join(await scratch(t), "file");
  await fsp.writeFile(root, "I am a file");
  const backend = new FileBackend({ path: root });
  await fails("Invalid", keys(backend));
  await fails("Invalid", backend.put("a", bytes("x")));
  assert.equal(await fsp.readFile(root, "utf8"), "I am a file");
});

test("file: a key below another key, or above one, is Invalid and nothing is lost", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a", bytes("the file"));
  await backend.put("d/e/f", bytes("deep"));
  for (const mode of ["overwrite", "create"] as const) {
    await fails("Invalid", backend.put("a/b", bytes("x"), { mode }), /folder/);
    await fails("Invalid", backend.put("a/b/c", bytes("x"), { mode }), /folder/);
    await fails("Invalid", backend.put("d/e", bytes("x"), { mode }), /folder/);
    await fails("Invalid", backend.put("d", bytes("x"), { mode }), /folder/);
  }
  assert.deepEqual(await tree(root), ["a", "d/", "d/e/", "d/e/f"]);
  assert.equal(await content(backend, "a"), "the file");
});

test("file: names of unfinished files are refused as keys, in any case", async (t) => {
  const backend = new FileBackend({ path: await scratch(t) });
  await fails("Invalid", backend.put(".tmp-x", bytes("x")), /unfinished/);
  await fails("Invalid", backend.put(".TMP-x/y", bytes("x")), /unfinished/);
  await backend.put("a/.tmp-x", bytes("only the first segment counts"));
  assert.deepEqual(await keys(backend), ["a/.tmp-x"]);
});

test("file: a segment has at most 255 bytes", async (t) => {
  const backend = new FileBackend({ path: await scratch(t) });
  await backend.put(`a/${"é".repeat(127)}`, bytes("254"));
  await fails("Invalid", backend.put(`a/${"é".repeat(128)}`, bytes("256")), /256 bytes.*255/);
  await fails("Invalid", backend.get("x".repeat(256)), /255/);
});

test("file: names that Windows forbids are Invalid there, and fine elsewhere", () => {
  const call = { backend: "disk", doing: "storing", signals: [] };
  for (const key of ["a:b", "a/b*", "x?", "a /b", "a./b", "con", "x/NUL.json", "com1.txt", "a|b"]) {
    const onWindows = () => checkFileKey(key, { ...call, key }, "win32");
    assert.throws(onWindows, (error) => isArchiveError(error, "Invalid"), key);
    checkFileKey(key, { ...call, key }, "linux");
  }
  for (const key of ["C_Users_me/2024-01-15/ses_1.json", "console", "a.b", "nullable.json"]) {
    checkFileKey(key, { ...call, key }, "win32");
  }
});

test("file: where case does not count, a key in another case is neither found nor harmed", async (t) => {
  const root = await scratch(t);
  ignoreCaseBelow(t, root);
  const backend = new FileBackend({ path: root });
  await backend.put("dir/Name.json", bytes("mine"));
  for (const key of ["dir/name.json", "DIR/Name.json"]) {
    await fails("NotFound", backend.get(key));
    await fails("NotFound", backend.head(key));
    await backend.delete(key);
    await fails("Invalid", backend.put(key, bytes("other")), /case/);
    await fails("Invalid", backend.put(key, bytes("other"), { mode: "create" }), /case/);
    await fails("Invalid", backend.copy("dir/Name.json", key), /case/);
  }
  assert.deepEqual(await keys(backend, { prefix: "DIR/" }), []);
  assert.equal(await content(backend, "dir/Name.json"), "mine");
  await backend.put("dir/Name.json", bytes("mine again"));
  await backend.put("dir/2024", bytes("no letters"));
  assert.deepEqual(await keys(backend), ["dir/2024", "dir/Name.json"]);
  await fails("Invalid", new FileBackend({ path: root }).put("Dir/x", bytes("other")), /case/);
});

// ── Links ────────────────────────────────────────────────────────────────────

test("file: links below the root are not followed, wherever they lead", async (t) => {
  const base = await scratch(t);
  const [root, outside] = [join(base, "root"), join(base, "outside")];
  await fsp.mkdir(join(root, "inside"), { recursive: true });
  await fsp.mkdir(outside);
  await fsp.writeFile(join(outside, "secret"), "secret");
  await fsp.writeFile(join(root, "inside/file"), "inside");
  await fsp.symlink(outside, join(root, "folder"));
  await fsp.symlink(join(outside, "secret"), join(root, "file"));
  await fsp.symlink("inside", join(root, "sibling"));
  await fsp.symlink(join(outside, "new"), join(root, "dangling"));
  await fsp.symlink("loop", join(root, "loop"));
  const backend = new FileBackend({ path: root });
  const through = ["folder/secret", "folder/new/x", "file", "sibling/file", "dangling"];
  for (const key of [...through, "dangling/x", "loop", "loop/x"]) {
    for (const mode of ["overwrite", "create"] as const) {
      await fails("Unauthorized", backend.put(key, bytes("x"), { mode }));
    }
    await fails("Unauthorized", backend.get(key));
    await fails("Unauthorized", backend.head(key));
    await fails("Unauthorized", backend.delete(key));
    await fails("Unauthorized", backend.copy("inside/file", key));
  }
  assert.deepEqual(await tree(outside), ["secret"]);
  assert.equal(await fsp.readFile(join(outside, "secret"), "utf8"), "secret");
  const left = ["dangling", "file", "folder", "inside/", "inside/file", "loop", "sibling"];
  assert.deepEqual(await tree(root), left, "no litter, no link replaced or removed");
});

test("file: listings pass over links, pipes and unfinished files", async (t) => {
  const base = await scratch(t);
  const root = join(base, "root");
  const backend = new FileBackend({ path: root });
  await backend.put("a/1", bytes("x"));
  await fsp.symlink("a", join(root, "link"));
  await fsp.symlink("/", join(root, "a/world"));
  await fsp.writeFile(join(root, ".tmp-123-unfinished"), "half");
  if (spawnSync("mkfifo", [join(root, "a/pipe")]).status === 0) {
    await fails("NotFound", backend.get("a/pipe"));
    await fails("NotFound", backend.head("a/pipe"));
  }
  assert.deepEqual(await keys(backend), ["a/1"]);
  assert.deepEqual(await keys(backend, { delimiter: "/" }), ["a/"]);
  assert.deepEqual(await keys(backend, { prefix: "link/" }), []);
  assert.deepEqual(await keys(backend, { prefix: ".tmp-" }), []);
});

test("file: a link put in place of the file just before it is opened is not followed", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a", bytes("x"));
  const open = fsp.open;
  replace(t, "open", async (...args: Parameters<typeof open>) => {
    await fsp.unlink(join(root, "a"));
    await fsp.symlink("/etc/hostname", join(root, "a"));
    return await open(...args);
  });
  await fails("Unauthorized", backend.get("a"));
});

// ── Dead writers ─────────────────────────────────────────────────────────────

test("file: what a killed writer left is never seen, and swept after an hour", async (t) => {
  const root = await scratch(t);
  const child = startWriter(t, root, "half");
  await child.printed(1);
  await child.kill();
  const litter = (await fsp.readdir(root)).filter((name) => name.startsWith(".tmp-"));
  assert.equal(litter.length, 1);
  assert.deepEqual(await keys(new FileBackend({ path: root })), []);
  await new FileBackend({ path: root }).put("young", bytes("x"));
  assert.ok(existsSync(join(root, litter[0])), "it might be a living writer's");
  const old = new Date(Date.now() - 61 * 60 * 1000);
  await fsp.utimes(join(root, litter[0]), old, old);
  await new FileBackend({ path: root }).put("old", bytes("x"));
  assert.deepEqual(await tree(root), ["old", "young"]);
});

test("file: objects of a writer killed at any moment are whole", async (t) => {
  const root = await scratch(t);
  for (let round = 0; round < 6; round++) {
    const child = startWriter(t, root, "loop");
    await child.printed(3 + 4 * round);
    await child.kill();
    const backend = new FileBackend({ path: root });
    for (const key of await keys(backend)) {
      const { body } = await backend.get(key);
      const found = new Uint8Array(await new Response(body).arrayBuffer());
      assert.equal(found.byteLength, 300_000 + found[0] * 1000, key);
      assert.ok(found.every((byte) => byte === found[0]), key);
    }
  }
  assert.equal((await keys(new FileBackend({ path: root }))).length, 5);
});

// ── Disks that refuse ────────────────────────────────────────────────────────

const STEPS = ["open", "write", "sync", "rename", "link", "mkdir"] as const;

for (const step of STEPS) {
  test(`file: a disk that is full at ${step} is told as Transient, and nothing changes`, async (t) => {
    const root = await scratch(t);
    const backend = new FileBackend({ path: root });
    await backend.put("dir/old", bytes("old"));
    const heal = breakDisk(t, step, "ENOSPC");
    const mode = step === "link" ? "create" : "overwrite";
    const key = step === "link" || step === "mkdir" ? "new/file" : "dir/old";
    await fails("Transient", backend.put(key, bytes("new"), { mode }), /full/);
    heal();
    assert.equal(await content(backend, "dir/old"), "old");
    assert.deepEqual((await tree(root)).filter((name) => !name.endsWith("/")), ["dir/old"]);
    await backend.put(key, bytes("new"), { mode });
    assert.equal(await content(backend, key), "new");
  });
}

test("file: a disk without hard links still creates only once", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  breakDisk(t, "link", "EPERM");
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => backend.put("a/b", bytes(`${i}`), { mode: "create" })),
  );
  const won = results.flatMap(({ status }, i) => status === "fulfilled" ? [i] : []);
  assert.equal(won.length, 1);
  assert.equal(await content(backend, "a/b"), `${won[0]}`);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    assert.ok(isArchiveError(result.reason, "AlreadyExists"), String(result.reason));
  }
  await fails("AlreadyExists", backend.put("a/b", bytes("x"), { mode: "create" }));
  assert.deepEqual(await tree(root), ["a/", "a/b"]);
});

test("file: a folder that cannot be synced is fine on disks that never can, not otherwise", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a", bytes("x"));
  const open = fsp.open;
  let code = "EINVAL";
  replace(t, "open", async (...args: Parameters<typeof open>) => {
    const handle = await open(...args);
    if (args[1] === "r") handle.sync = () => Promise.reject(systemError(code));
    return handle;
  });
  for (code of ["EINVAL", "EPERM", "ENOTSUP"]) await backend.put("a", bytes(code));
  code = "EIO";
  await fails("Transient", backend.put("a", bytes("y")), /fault/);
});

const mountable = canMount();

test("file: a real full disk is told as Transient, cleaned up, and works again when freed", {
  skip: mountable ? false : "no tmpfs can be mounted here; the injected variants above ran",
}, async (t) => {
  const root = await mountTmpfs(t, "size=1m");
  const backend = new FileBackend({ path: root });
  await backend.put("dir/old", bytes("old"));
  await backend.put("ballast", new Uint8Array(500_000));
  const large: RangedBody = {
    size: 2_000_000,
    sha256: "0".repeat(64),
    read: (start, end) => Promise.resolve(new Uint8Array(end - start)),
  };
  for (const key of ["dir/old", "dir/new"]) {
    await fails("Transient", backend.put(key, large), /full/);
    await fails("Transient", backend.put(key, new Uint8Array(700_000)), /full/);
  }
  await fails(
    "Transient",
    backend.copy("ballast", "dir/copy").then(() => backend.copy("ballast", "x")),
  );
  assert.equal(await content(backend, "dir/old"), "old");
  assert.deepEqual((await fsp.readdir(root)).filter((name) => name.startsWith(".tmp-")), []);
  await backend.delete("ballast");
  await backend.put("dir/new", new Uint8Array(400_000));
});

test("file: a read-only disk is told as Unauthorized, and can be read", {
  skip: mountable ? false : "no tmpfs can be mounted here; the error mapping is tested below",
}, async (t) => {
  const root = await mountTmpfs(t, "size=1m");
  const backend = new FileBackend({ path: root });
  await backend.put("dir/old", bytes("old"));
  assert.equal(spawnSync("mount", ["-o", "remount,ro", root]).status, 0);
  await fails("Unauthorized", backend.put("dir/old", bytes("x")), /read-only/);
  await fails("Unauthorized", backend.put("new", bytes("x"), { mode: "create" }), /read-only/);
  await fails("Unauthorized", backend.delete("dir/old"), /read-only/);
  await fails("Unauthorized", new FileBackend({ path: join(root, "sub") }).put("a", bytes("x")));
  assert.equal(await content(backend, "dir/old"), "old");
  assert.deepEqual(await keys(backend), ["dir/old"]);
  await backend.delete("not/there");
});

test("file: every refusal of the system becomes an error that says what to do", () => {
  const call = { backend: "disk", doing: "storing", key: "a/b", signals: [] };
  const expected: [string, ErrorCode, RegExp][] = [
    ["ENOSPC", "Transient", /disk is full; free some space/],
    ["EDQUOT", "Transient", /quota/],
    ["EACCES", "Unauthorized", /permissions/],
    ["EPERM", "Unauthorized", /permissions/],
    ["EROFS", "Unauthorized", /mount it writable/],
    ["ELOOP", "Unauthorized", /symbolic link/],
    ["ENAMETOOLONG", "Invalid", /too long/],
    ["EINVAL", "Invalid", /name/],
    ["EILSEQ", "Invalid", /name/],
    ["ENOTDIR", "Invalid", /folder/],
    ["EISDIR", "Invalid", /folder/],
    ["EFBIG", "Invalid", /too large/],
    ["EXDEV", "Invalid", /another disk/],
    ["EMFILE", "Transient", /too many files/],
    ["EIO", "Transient", /check it/],
    ["ESTALE", "Transient", /ESTALE/],
  ];
  for (const [errno, code, advice] of expected) {
    const cause = systemError(errno);
    const error = fileError(cause, call, "/root/a/b");
    assert.equal(error.code, code, errno);
    assert.match(error.message, advice);
    assert.match(error.message, /"a\/b".*"disk".*"\/root\/a\/b"/);
    assert.deepEqual([error.backend, error.key, error.cause], ["disk", "a/b", cause]);
  }
});

test("file: a file cut short while it is read is Corrupt, not a short body", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a", new Uint8Array(2_000_000));
  const { body } = await backend.get("a");
  await fsp.truncate(join(root, "a"), 1_000_000);
  await fails("Corrupt", new Response(body).arrayBuffer());
});

test("file: a stream goes on with the version it began with", async (t) => {
  const backend = new FileBackend({ path: await scratch(t) });
  await backend.put("a", new Uint8Array(2_000_000).fill(1));
  const { body } = await backend.get("a");
  await backend.put("a", bytes("new"));
  await backend.delete("a");
  const found = new Uint8Array(await new Response(body).arrayBuffer());
  assert.ok(found.byteLength === 2_000_000 && found.every((byte) => byte === 1));
});

test("file: streams close their file at the end, on cancel, on abort and on close", {
  skip: existsSync("/proc/self/fd") ? false : "this system does not show its open files",
}, async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a", new Uint8Array(3_000_000));
  const stop = new AbortController();
  const streams = await Promise.all([1, 2, 3, 4].map(() => backend.get("a")));
  const aborted = await backend.get("a", { signal: stop.signal });
  await untilOpenBelow(root, 5);
  await new Response(streams[0].body).arrayBuffer();
  await streams[1].body.cancel();
  stop.abort();
  await fails("Aborted", new Response(aborted.body).arrayBuffer());
  await untilOpenBelow(root, 2);
  await backend.close();
  for (const { body } of streams.slice(2)) await fails("Aborted", new Response(body).arrayBuffer());
  await untilOpenBelow(root, 0);
});

// ── Listings ─────────────────────────────────────────────────────────────────

test("file: a listing reads only the folders that it needs, each when its turn comes", async (t) => {
  const backend = new FileBackend({ path: await scratch(t) });
  for (const project of ["p1", "p2", "p3", "p4"]) {
    for (const day of ["01", "02", "03"]) await backend.put(`${project}/${day}/s`, bytes("x"));
  }
  const read: string[] = [];
  const root = backend.identity.slice("file:".length);
  for (const name of ["readdir", "opendir"] as const) {
    const original: (...args: unknown[]) => unknown = fsp[name] as never;
    replace(t, name, (...args: unknown[]) => {
      read.push(relative(root, String(args[0])));
      return original(...args);
    });
  }
  const reads = async (options: ListOptions) => {
    read.length = 0;
    await keys(backend, options);
    return [...read];
  };
  assert.deepEqual(await reads({ prefix: "p2/02" }), ["p2", "p2/02"]);
  assert.deepEqual(await reads({ prefix: "p2/02/" }), ["p2/02"]);
  assert.deepEqual(await reads({ limit: 1 }), ["", "p1", "p1/01"]);
  assert.deepEqual(await reads({ startAfter: "p3/02/s" }), [
    ...["", "p3", "p3/02", "p3/03"],
    ...["p4", "p4/01", "p4/02", "p4/03"],
  ]);
  assert.deepEqual(await reads({ prefix: "p3/", startAfter: "p3/03/" }), ["p3", "p3/03"]);
  assert.deepEqual(await reads({ prefix: "p3/", delimiter: "/" }), ["p3"]);
  assert.deepEqual(await reads({ prefix: "p3/", delimiter: "/", startAfter: "p3/02/" }), ["p3"]);
  assert.deepEqual(await reads({ prefix: "../" }), []);
});

test("file: an empty folder is no object, and hides none", async (t) => {
  const root = await scratch(t);
  const backend = new FileBackend({ path: root });
  await backend.put("a/1", bytes("x"));
  await fsp.mkdir(join(root, "empty/empty"), { recursive: true });
  assert.deepEqual(await keys(backend), ["a/1"]);
  assert.deepEqual(await keys(backend, { delimiter: "/" }), ["a/", "empty/"]);
  assert.deepEqual(await keys(backend, { prefix: "empty/" }), []);
});

test("file: lists exactly what the memory backend lists, whatever is asked", async (t) => {
  const base = await scratch(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(keySet(), fc.array(query(), { minLength: 20, maxLength: 20 }), async (
      names,
      queries,
    ) => {
      const root = join(base, `${runs++}`);
      const backends = [new FileBackend({ path: root }), new MemoryBackend({ pageSize: 3 })];
      for (const backend of backends) {
        await Promise.all(names.map((key) => backend.put(key, bytes(key))));
      }
      for (const options of queries) {
        const [file, memory] = await Promise.all(backends.map((one) => lines(one, options)));
        assert.deepEqual(file, memory, JSON.stringify({ names, options }));
      }
      await fsp.rm(root, { recursive: true, force: true });
    }),
    { numRuns: 60 },
  );
});

/** Keys of short segments that differ little, none being a folder of another. */
function keySet(): fc.Arbitrary<string[]> {
  return fc.uniqueArray(key(), { minLength: 1, maxLength: 25 }).map((names) => {
    const folders = new Set(names.flatMap(foldersOf));
    return names.filter((name) => !folders.has(name));
  });
}

function key(): fc.Arbitrary<string> {
  const letters = ["a", "b", "C", "-", ".", "0", " ", "é", "\uff5e", "\ue000", "\u{1F600}"];
  const name = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(""))
    .filter((name) => name !== "." && name !== "..");
  return fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
}

function foldersOf(key: string): string[] {
  const parts = key.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

function query(): fc.Arbitrary<ListOptions> {
  // A piece of a key, cut anywhere, also right after a slash.
  const piece = fc.tuple(key(), fc.nat(8), fc.boolean())
    .map(([name, length, slash]) => [...name].slice(0, length).join("") + (slash ? "/" : ""));
  return fc.record({
    prefix: piece,
    delimiter: fc.constant("/" as const),
    startAfter: fc.oneof(piece, key()),
    limit: fc.nat(10),
  }, { requiredKeys: [] });
}

// ── Tools ────────────────────────────────────────────────────────────────────

/** A promise to be resolved from outside; `Promise.withResolvers` is not in Node 20. */
function signal(): { promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => resolve = done);
  return { promise, resolve: () => resolve() };
}

async function scratch(t: TestContext): Promise<string> {
  const folder = await fsp.realpath(await fsp.mkdtemp(join(tmpdir(), "file-backend-")));
  t.after(() => fsp.rm(folder, { recursive: true, force: true }));
  return folder;
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

async function content(backend: Backend, key: string): Promise<string> {
  return await new Response((await backend.get(key)).body).text();
}

async function keys(backend: Backend, options: ListOptions = {}): Promise<string[]> {
  return (await lines(backend, options)).map(([name]) => name);
}

/** Each line of a listing: its name, and the size of an object. */
async function lines(backend: Backend, options: ListOptions): Promise<[string, number?][]> {
  const objects: [string, number?][] = [];
  const prefixes: [string, number?][] = [];
  for await (const page of backend.list(options)) {
    objects.push(...page.objects.map(({ key, size }): [string, number] => [key, size]));
    prefixes.push(...page.prefixes.map((prefix): [string] => [prefix]));
  }
  return [...prefixes, ...objects];
}

async function fails(code: ErrorCode, call: Promise<unknown>, message = /./): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(isArchiveError(error), `not an ArchiveError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.equal(error.backend, "file");
    return true;
  });
}

/** All files and (with a slash) folders below a folder, sorted. */
async function tree(root: string, below = ""): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await fsp.readdir(join(root, below), { withFileTypes: true })) {
    const name = below + entry.name;
    names.push(entry.isDirectory() ? `${name}/` : name);
    if (entry.isDirectory()) names.push(...await tree(root, `${name}/`));
  }
  return names.sort();
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** Replaces a function of the file system until the test ends, or the returned undo is called. */
function replace(t: TestContext, name: keyof typeof fsp, by: unknown): () => void {
  const original = fsp[name];
  const undo = () => void Object.assign(fsp, { [name]: original });
  Object.assign(fsp, { [name]: by });
  t.after(undo);
  return undo;
}

/** Makes one step of a write fail with a system error until the returned cure is called. */
function breakDisk(t: TestContext, step: typeof STEPS[number], code: string): () => void {
  const fail = () => Promise.reject(systemError(code));
  if (step === "rename" || step === "link" || step === "mkdir") return replace(t, step, fail);
  const open = fsp.open;
  return replace(t, "open", async (...args: Parameters<typeof open>) => {
    if (args[1] !== "wx") return await open(...args);
    if (step === "open") return await fail();
    const handle = await open(...args);
    handle[step] = fail;
    return handle;
  });
}

function spyOnSyncs(t: TestContext): string[] {
  const synced: string[] = [];
  const open = fsp.open;
  replace(t, "open", async (...args: Parameters<typeof open>) => {
    const handle = await open(...args);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      synced.push(String(args[0]));
      return sync();
    };
    return handle;
  });
  return synced;
}

/** Lets the file system treat names below a folder as many disks do: case is kept, not told. */
function ignoreCaseBelow(t: TestContext, root: string): void {
  const { readdir } = fsp;
  const onDisk = async (path: string): Promise<string> => {
    let real = root;
    for (const name of relative(root, path).split("/").filter((name) => name !== "")) {
      const names = await readdir(real).catch((): string[] => []);
      real = join(real, names.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name);
    }
    return real;
  };
  const isBelow = (path: unknown): path is string =>
    typeof path === "string" && path.startsWith(`${root}/`);
  for (const name of ["open", "lstat", "rename", "link", "mkdir", "unlink", "rmdir"] as const) {
    const original: (...args: unknown[]) => Promise<unknown> = fsp[name] as never;
    replace(t, name, async (...args: unknown[]) => {
      const real = args.map((arg) => isBelow(arg) ? onDisk(arg) : arg);
      return await original(...await Promise.all(real));
    });
  }
  const { realpath } = fsp;
  // As on Linux, the real path keeps the case that was asked for.
  replace(t, "realpath", async (path: string) => {
    if (!isBelow(path)) return await realpath(path);
    await realpath(await onDisk(path));
    return path;
  });
}

interface Writer {
  /** Resolves when it has printed so many lines. */
  printed(lines: number): Promise<void>;
  /** Kills it with SIGKILL, and resolves when it is dead. */
  kill(): Promise<void>;
}

function startWriter(t: TestContext, root: string, task: "half" | "loop"): Writer {
  const script = fileURLToPath(new URL("./write_loop.ts", import.meta.url));
  const run = "deno" in process.versions
    ? ["run", "-A", "--no-config", "--no-lock", script]
    : [...process.execArgv, script];
  const child = spawn(process.execPath, [...run, root, task], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const dead = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    child.kill("SIGKILL");
    await dead;
  };
  t.after(kill);
  let seen = 0;
  const printed = (lines: number) =>
    new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the writer ended with ${code}`)));
      child.stdout.on("data", (chunk) => {
        seen += String(chunk).split("\n").length - 1;
        if (seen >= lines) resolve();
      });
    });
  return { printed, kill };
}

function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const probe =
    'd=$(mktemp -d) && { mount -t tmpfs none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s; }';
  return spawnSync("sh", ["-c", probe]).status === 0;
}

async function mountTmpfs(t: TestContext, options: string): Promise<string> {
  const folder = await fsp.mkdtemp(join(tmpdir(), "file-mount-"));
  assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", folder]).status, 0);
  t.after(async () => {
    spawnSync("umount", ["-l", folder]);
    await fsp.rmdir(folder);
  });
  return folder;
}

/** Waits for so many open files below a folder; a runtime may close its handles a moment later. */
async function untilOpenBelow(root: string, count: number): Promise<void> {
  const deadline = Date.now() + 5000;
  for (let open = -1; open !== count;) {
    assert.ok(Date.now() < deadline, `${open} files are open, not ${count}`);
    const links = (await fsp.readdir("/proc/self/fd")).map((fd) =>
      fsp.readlink(`/proc/self/fd/${fd}`).catch(() => "")
    );
    open = (await Promise.all(links)).filter((path) => path.startsWith(root)).length;
  }
}
