import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { VERSION } from "../../../adapters/cli/version.ts";
import { onStage, session } from "./stage.ts";

const COMMANDS = [
  ...["run", "status", "retry", "list", "show", "get", "restore", "verify", "delete"],
  ...["prune-versions", "explain"],
];

describe("the command line", () => {
  const WRONG: readonly [argv: string, said: RegExp][] = [
    ["lst", /^error: unknown command 'lst' \(Did you mean list\?\)\n$/],
    ["list --josn", /^error: unknown option '--josn' \(Did you mean --json\?\)\n$/],
    ["--concurency 3", /unknown option '--concurency'.*--concurrency/],
    ["get", /missing required argument 'key'/],
    ["get a b", /too many arguments/],
    ["list --limit x", /--limit is "x"; give a whole number, 0 or more/],
    ["--concurrency 0", /--concurrency is "0"; give a whole number, 1 to 64/],
    ["--since yesterday", /--since is "yesterday"; give a day as 2026-11-22, or a date-time/],
    ["list --until 2026-02-31", /--until is "2026-02-31"; give a day/],
    ["list --since 1767225600", /--since is "1767225600"/],
    ["run --session", /argument missing/],
    ["help lst", /^error: unknown command 'lst' \(Did you mean list\?\)\n$/],
    ["lst --help", /^error: unknown command 'lst'/],
    ["get a/b", /^error: "a\/b" is no archive's key: keys look like/],
    ["verify ses_1 a/b", /"a\/b" is no archive's key/],
    ["delete .. --yes", /must be a plain file name/],
    ["delete a --yes --all-backends --backend default", /exclude each other/],
  ];
  for (const [argv, said] of WRONG) {
    it(`is refused with 2: ${argv}`, () =>
      onStage([session("one")], async ({ archive }) => {
        const { code, stdout, stderr } = await archive(argv.split(" "));
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, said);
        assert.equal(stderr.trimEnd().split("\n").length, 1, "one line");
      }));
  }

  it("is refused in JSON where JSON is asked for", () =>
    onStage([], async ({ archive }) => {
      const { code, stdout, stderr } = await archive(["list", "--json", "--limit", "x"]);
      assert.deepEqual([code, stdout], [2, ""]);
      const message = `--limit is "x"; give a whole number, 0 or more`;
      assert.deepEqual(JSON.parse(stderr), { error: { code: "Usage", message } });
      const missing = await archive(["get", "nope", "--json"]);
      assert.equal(JSON.parse(missing.stderr).error.code, "NotFound");
    }));

  it("explains itself, and that the default copy is on the same disk", () =>
    onStage([], async ({ archive }) => {
      const { code, stdout, stderr } = await archive(["--help"]);
      assert.deepEqual([code, stderr], [0, ""]);
      for (const name of COMMANDS) {
        assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
        const help = await archive([name, "--help"]);
        assert.equal(help.code, 0);
        assert.match(
          help.stdout,
          new RegExp(`^Usage: archive ${name} [^]*--config[^]*--backend[^]*--json[^]*--quiet`),
        );
        assert.equal((await archive(["help", name])).stdout, help.stdout);
        assert.equal((await archive(["--json", "help", name])).stdout, help.stdout);
      }
      assert.equal((await archive(["help"])).stdout, stdout);
      assert.match(stdout, /this machine's own disk/);
    }));

  it("takes --json and --quiet before a command too", () =>
    onStage([session("one")], async ({ archive }) => {
      assert.deepEqual((await archive(["--json", "list"])).json(), []);
      assert.deepEqual((await archive(["--quiet", "--json", "list"])).json(), []);
    }));

  it("knows its version, which is the package's", () =>
    onStage([], async ({ archive }) => {
      const manifest = readFileSync(new URL("../../../deno.json", import.meta.url), "utf8");
      assert.equal(VERSION, JSON.parse(manifest).version);
      assert.equal((await archive(["--version"])).stdout, `${VERSION}\n`);
    }));

  it("colours errors on a terminal, unless NO_COLOR is set", () =>
    onStage([], async ({ archive }) => {
      const columns = { stderr: 80 };
      const coloured = await archive(["get", "nope"], { columns });
      assert.ok(coloured.stderr.startsWith("\u001b[31merror:\u001b[0m "));
      const plain = await archive(["get", "nope"], { columns, env: { NO_COLOR: "1" } });
      assert.ok(plain.stderr.startsWith("error: "));
    }));

  it("says what to do when there is no home", () =>
    onStage([], async ({ archive }) => {
      const none = { HOME: "", XDG_CONFIG_HOME: "", XDG_DATA_HOME: "", XDG_STATE_HOME: "" };
      const { code, stderr } = await archive(["list"], { env: none });
      assert.equal(code, 1);
      assert.match(stderr, /^error: HOME is not set; set it/);
    }));
});
