/**
 * `archive service`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { serviceOf } from "../../../adapters/service/service.ts";
import { launchdPlist } from "../../../adapters/service/launchd.ts";
import { systemdUnit } from "../../../adapters/service/systemd.ts";
import { onStage, type Stage } from "./stage.ts";

const runtime = { execPath: "/usr/bin/node", versions: {} };
const ODD = `/home/m e/"q" \\ 100% $HOME & <x>`;

const S3 = `
backends:
  far:
    type: s3
    bucket: far
    region: eu-central-1
    credentials: { accessKeyId: "\${FAR_KEY}", secretAccessKey: "\${FAR_SECRET}" }
`;

async function printed({ archive, env }: Stage, argv: string[], more: Record<string, string> = {}) {
  return await archive(["service", ...argv], { runtime, env: { ...env, ...more } });
}

/** The words of a line of a unit, as systemd reads them. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
    word.replace(/\\(.)/g, "$1").replaceAll("%%", "%").replaceAll("$$", "$")
  );
}

describe("archive service", () => {
  it("prints a unit that runs this very program, and says what to do with it", () =>
    onStage([], async (stage) => {
      const { code, stdout, stderr } = await printed(stage, ["systemd"]);
      assert.equal(code, 0, stderr);
      const [, command = ""] = /^ExecStart=(.*)$/m.exec(stdout) ?? [];
      const [node, bin, ...rest] = wordsOf(command);
      assert.equal(node, "/usr/bin/node");
      assert.match(bin, /cli[/\\]bin\.[jt]s$/);
      assert.deepEqual(rest, ["run", "--watch"]);
      assert.match(
        stderr,
        /archive service systemd > ~\/\.config\/systemd\/user\/session-archiver\.service/,
      );
      assert.match(stderr, /systemctl --user enable --now session-archiver/);
    }));

  it("is of this system's manager unless another one is named", () =>
    onStage([], async (stage) => {
      assert.match((await printed(stage, [])).stdout, /^\[Unit\]/);
      assert.match((await printed(stage, ["launchd"])).stdout, /^<\?xml/);
      const wrong = await printed(stage, ["cron"]);
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /systemd, launchd/);
    }));

  it("goes by the configuration that is named, wherever it begins", () =>
    onStage([], async (stage) => {
      const path = await stage.configure(
        "backends: { default: { type: file, path: ~/copies } }\n",
        join(stage.home, "work.yaml"),
      );
      const { stdout, stderr } = await printed(stage, ["--config", "work.yaml"]);
      assert.match(stdout, /"run" "--watch" "--config"/, stderr);
      assert.ok(stdout.includes(`"${path}"`));
    }));

  it("names the variables that it will miss, and shows none of their values", () =>
    onStage([], async (stage) => {
      await stage.configure(S3);
      const secrets = {
        FAR_KEY: "key-123",
        FAR_SECRET: "secret-123",
        AWS_SESSION_TOKEN: "tok-123",
      };
      const { stdout, stderr } = await printed(stage, ["systemd"], secrets);
      assert.match(stderr, /does not see FAR_KEY, FAR_SECRET, AWS_SESSION_TOKEN of this shell/);
      assert.doesNotMatch(stdout + stderr, /123/);
    }));

  it("is refused from a place that will not last", () =>
    onStage([], async ({ archive }) => {
      const passing = { execPath: "/home/me/.cache/deno/bin/deno", versions: {} };
      const { code, stderr } = await archive(["service"], { runtime: passing });
      assert.equal(code, 2);
      assert.match(stderr, /lies in a cache.*run "session-archiver service"/);
    }));
});

describe("a service", () => {
  const place = { runtime, config: ODD, env: { HOME: "/home/me", CODEX_HOME: ODD, SECRET: "x" } };

  it("sees where things are, and no secret", () => {
    assert.deepEqual(serviceOf(place).env, { CODEX_HOME: ODD });
  });

  it("is told to systemd in its own quotes, whatever is in a path", () => {
    const unit = systemdUnit(serviceOf(place));
    assert.equal(wordsOf(/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "").at(-1), ODD);
    assert.ok(
      unit.includes(String.raw`Environment="CODEX_HOME=/home/m e/\"q\" \\ 100%% $HOME & <x>"`),
    );
  });

  it("is told to launchd in its own signs, whatever is in a path", () => {
    const plist = launchdPlist(serviceOf(place), "/Users/me");
    const word = '/home/m e/"q" \\ 100% $HOME &amp; &lt;x&gt;';
    assert.ok(plist.includes(`<string>--config</string>\n    <string>${word}</string>`));
    assert.ok(plist.includes(`<key>CODEX_HOME</key><string>${word}</string>`));
  });

  it("runs on this very runtime unless another one is given", () => {
    assert.equal(serviceOf({ env: {} }).command[0], process.execPath);
  });
});
