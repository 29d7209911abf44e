import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { RunJson } from "../../../adapters/cli/tally.ts";
import { onStage, session } from "./stage.ts";

const ONE = "backends: {disk: {type: file, path: ~/disk}}\n";
const OTHER = "backends: {away: {type: file, path: ~/away}}\n";
const WRONG = "backends: {disk: {type: file, path: ~/disk, colour: red}}\ndefault: dsk\n";

describe("the configuration", () => {
  it("is read from its usual place, --config or the variable; the option wins", () =>
    onStage([session("one")], async ({ archive, configure, home }) => {
      await configure(ONE);
      await configure(OTHER, join(home, "other.yaml"));
      await configure("backends: {third: {type: file, path: ~/third}}\n", join(home, "third.yaml"));
      const env = { SESSION_ARCHIVER_CONFIG: join(home, "third.yaml") };
      const backend = async (argv: string[], props = {}) =>
        (await archive([...argv, "--json", "--dry-run"], props)).json<RunJson>()
          .sessions[0]?.backend;
      assert.equal(await backend(["run"]), "disk");
      assert.equal(await backend(["run", "--config", "other.yaml"]), "away");
      assert.equal(await backend(["--config", "other.yaml", "run"]), "away");
      assert.equal(await backend(["--config=other.yaml", "-q"]), "away");
      assert.equal(await backend(["run"], { env }), "third");
      assert.equal(await backend(["run", "--config", "other.yaml"], { env }), "away");
    }));

  it("may be named before a command as well as behind it", () =>
    onStage([session("one")], async ({ archive, configure, home }) => {
      await configure(OTHER, join(home, "other.yaml"));
      for (
        const argv of [
          ["--config", "other.yaml", "--backend", "away", "list", "--json"],
          ["--backend=away", "--config=other.yaml", "--json", "list"],
          ["list", "--config", "other.yaml", "--json", "--backend", "away"],
        ]
      ) assert.deepEqual((await archive(argv)).json(), [], argv.join(" "));
    }));

  it("has a ledger and a lock of its own", () =>
    onStage([session("one")], async ({ archive, configure, home, env }) => {
      await configure(ONE);
      await configure(OTHER, join(home, "other.yaml"));
      await archive([]);
      const other = ["--config", "other.yaml"];
      assert.match((await archive(other)).stdout, /^archived 1 session/);
      assert.match((await archive([])).stdout, /^nothing to do: 1 session/);
      assert.match((await archive(other)).stdout, /^nothing to do: 1 session/);
      const states = join(env.XDG_STATE_HOME ?? "", "opencode-session-archiver", "v1");
      assert.equal((await readdir(states)).length, 2);
      assert.equal((await archive(["get", "one", "-o", "x.json", "--backend", "disk"])).code, 0);
    }));

  it("that is wrong exits with 2 and all complaints, whatever the command, and does nothing", () =>
    onStage([session("one")], async ({ archive, configure, home }) => {
      const path = await configure(WRONG);
      const commands = [
        [],
        ["list"],
        ["show", "one"],
        ["get", "one"],
        ["restore", "one"],
        ["verify", "--all"],
        ["delete", "one", "--yes"],
        ["explain"],
      ];
      for (const argv of commands) {
        const { code, stdout, stderr } = await archive(argv);
        assert.deepEqual([code, stdout], [2, ""], argv.join(" "));
        const [head, ...complaints] = stderr.trimEnd().split("\n");
        assert.equal(head, `error: ${path} has 2 problems:`);
        assert.equal(complaints.length, 2);
        assert.ok(complaints.every((line) => /^ {2}[a-z.]+: /.test(line)), stderr);
        const json = await archive([...argv, "--json"]);
        assert.deepEqual([json.code, json.stdout], [2, ""]);
        const { error } = JSON.parse(json.stderr);
        assert.deepEqual([error.code, error.message], ["Invalid", `${path} has 2 problems`]);
        assert.equal(error.complaints.length, 2);
        assert.ok(error.complaints.every((one: { at: string; message: string }) => one.message));
      }
      assert.deepEqual(await readdir(home), ["config"]);
    }));

  it("that is named and is not there exits with 2 in one line", () =>
    onStage([session("one")], async ({ archive }) => {
      const { code, stdout, stderr } = await archive(["--config", "nowhere.yaml"]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^error: .*nowhere\.yaml[^\n]*\n$/);
    }));

  it("warns once a command, and not with --quiet", () =>
    onStage([session("one")], async ({ archive, configure }) => {
      if (process.platform === "win32") return;
      const path = await configure(`
backends:
  store:
    type: s3
    bucket: archives
    endpoint: http://127.0.0.1:9
    credentials: {accessKeyId: "AK", secretAccessKey: "SK"}
  disk: {type: file, path: ~/disk}
default: disk
`);
      await chmod(path, 0o644);
      await archive(["-q"]);
      for (const argv of [["run"], ["list", "--backend", "disk"], ["explain"]]) {
        const { stderr } = await archive(argv);
        assert.equal(stderr.match(/^warning: /gm)?.length, 1, `${argv}: ${stderr}`);
        assert.equal((await archive([...argv, "--quiet"])).stderr, "");
      }
      const deleted = await archive(["delete", "one", "--backend", "disk", "--yes"]);
      assert.equal(deleted.stderr.match(/^warning: /gm)?.length, 1);
    }));
});

describe("--backend", () => {
  it("of an unknown name exits with 2, names those there are and the one that was meant", () =>
    onStage([session("one")], async ({ archive, configure }) => {
      const nothing = await archive(["list", "--backend", "defalt"]);
      assert.equal(nothing.code, 2);
      assert.match(nothing.stderr, /there is only default, .*\(did you mean default\?\)\n$/);
      const path = await configure(
        "backends: {disk: {type: file, path: ~/disk}, " +
          "minio: {type: file, path: ~/minio}}\ndefault: disk\n",
      );
      for (const argv of [["run"], ["list"], ["explain"], ["verify", "--all"]]) {
        const { code, stdout, stderr } = await archive([...argv, "--backend", "mino"]);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.equal(
          stderr,
          `error: --backend is "mino"; ${path} has disk, minio (did you mean minio?)\n`,
        );
      }
    }));

  it("and --config without a value are refused", () =>
    onStage([], async ({ archive }) => {
      for (const argv of [["--backend"], ["list", "--backend"], ["--config"]]) {
        const { code, stderr } = await archive(argv);
        assert.equal(code, 2);
        assert.match(stderr, /argument missing/);
      }
    }));
});

describe("the note that copies are on the same disk", () => {
  it("is made of the default folder alone, configured or not", () =>
    onStage([session("one")], async ({ archive, configure, archives }) => {
      assert.match((await archive(["--dry-run"])).stderr, /own disk/);
      await configure(`backends: {here: {type: file, path: ${JSON.stringify(archives)}}}\n`);
      assert.match((await archive(["--dry-run"])).stderr, /own disk/);
      await configure(ONE);
      assert.equal((await archive(["--dry-run"])).stderr, "");
      await configure(
        `backends: {here: {type: file, path: ${JSON.stringify(archives)}}, ` +
          "nas: {type: file, path: ~/nas}}\ndefault: [here, nas]\n",
      );
      assert.equal((await archive([])).stderr, "");
    }));

  it("names folder or backends when nothing is archived", () =>
    onStage([], async ({ archive, configure, home }) => {
      await configure(ONE);
      assert.match(
        (await archive(["list"])).stderr,
        new RegExp(`^note: nothing is archived in ${join(home, "disk")} yet`),
      );
      await configure(
        "backends: {disk: {type: file, path: ~/disk}, " +
          "minio: {type: file, path: ~/minio}}\ndefault: disk\n",
      );
      assert.match(
        (await archive(["list"])).stderr,
        /^note: nothing is archived on disk, minio yet/,
      );
    }));
});
