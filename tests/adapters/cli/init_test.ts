import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Config } from "../../../adapters/config/config.ts";
import { loadConfig } from "../../../adapters/config/load.ts";
import type { Ask, Question } from "../../../adapters/cli/question.ts";
import type { FakeS3Options } from "../../s3/fake.ts";
import { withFake } from "../../s3/with_fake.ts";
import { onStage, session, type Stage } from "./stage.ts";

/** Answers by a piece of the question; lists answer one question after the other. */
type Script = Readonly<Record<string, string | readonly (string | undefined)[]>>;

/** Somebody who answers as written down, takes what stands there already otherwise, and remembers. */
function person(script: Script): { readonly ask: Ask; readonly asked: Question[] } {
  const asked: Question[] = [];
  const used = new Map<string, number>();
  const ask: Ask = (question) => {
    asked.push(question);
    const answer = answerTo(question, script, used);
    if (answer !== undefined) assertTaken(question, answer);
    return Promise.resolve(answer);
  };
  return { ask, asked };
}

function answerTo(
  question: Question,
  script: Script,
  used: Map<string, number>,
): string | undefined {
  const piece = Object.keys(script).find((piece) => question.message.includes(piece));
  if (piece === undefined) return "initial" in question ? question.initial ?? "" : "";
  const answers = script[piece];
  const turn = used.get(piece) ?? 0;
  used.set(piece, turn + 1);
  return typeof answers === "string" ? answers : answers[Math.min(turn, answers.length - 1)];
}

function assertTaken(question: Question, answer: string): void {
  if (question.kind === "choice") {
    const values = question.choices.map(({ value }) => value);
    assert.ok(values.includes(answer), `${answer} is none of ${values.join(", ")}`);
  } else if (question.kind !== "decision") {
    assert.equal(question.fault?.(answer), undefined, `${question.message} ${answer}`);
  }
}

const CONFIG = ["config", "opencode", "opencode-session-archiver.yaml"];
const SECRET = "fake/secret+key/that-opens-nothing/anywhere";

function load({ home, env }: Stage, more: Readonly<Record<string, string>> = {}) {
  return loadConfig({
    env: { ...env, ...more },
    platform: "linux",
    cwd: () => home,
    hostname: () => "here",
  });
}

/** Patterns as they were written, and backends. */
function rulesOf({ rules }: Config) {
  return rules.map(({ patterns, backends }) => [patterns.map(({ written }) => written), backends]);
}

describe("archive init", () => {
  it("asks for a bucket, tries it, and writes a configuration that works", () =>
    withFake((fake) =>
      onStage([session("one"), session("two", { projectPath: "/secret/x" })], async (stage) => {
        const { ask } = person({
          "Where shall": "s3",
          "Which store": "minio",
          "Its address": fake.endpoint,
          "Which bucket": "archives",
          "How to sign in": "variables",
          "access key id": "MINIO_KEY",
          "which the secret": "MINIO_SECRET",
          "prefix": "team/laptop",
          "never leave": "/secret, ~/private/*",
        });
        const keys = { MINIO_KEY: fake.credentials.accessKeyId, MINIO_SECRET: SECRET };
        const { code, stdout, stderr } = await stage.archive(["init"], { ask, env: keys });
        assert.equal(code, 0, stdout + stderr);
        const path = join(stage.home, ...CONFIG);
        assert.match(stdout, /✓ write/);
        assert.ok(stdout.endsWith(`wrote ${path}\n`), stdout);
        const text = await readFile(path, "utf8");
        const places = text.match(/\w+:\/\/[^\s"']+/g);
        assert.deepEqual(places, [fake.endpoint], "it points where nobody said");
        assert.ok(!text.includes("$schema"), text);
        assert.ok(!text.includes(SECRET) && !(stdout + stderr).includes(SECRET));
        assert.ok(text.includes("secretAccessKey: ${MINIO_SECRET}"), text);
        const config = await load(stage, keys);
        assert.deepEqual(config.warnings, []);
        const { credentials, ...settings } = { ...config.backends.get("default") } as Record<
          string,
          unknown
        >;
        assert.deepEqual(settings, {
          type: "s3",
          bucket: "archives",
          endpoint: fake.endpoint,
          provider: "minio",
          region: "us-east-1",
          prefix: "team/laptop",
          quirks: { createOnly: true, ifMatch: true },
        });
        assert.equal((credentials as { accessKeyId: string }).accessKeyId, keys.MINIO_KEY);
        assert.deepEqual(rulesOf(config), [[["/secret/**", "~/private/*"], []]]);
        assert.equal((await stage.archive([], { env: keys })).code, 0);
        assert.deepEqual([...fake.objects().keys()], [
          "team/laptop/home_me_project/2026-01-31/one.json",
        ]);
      })
    ));

  const TRIED: readonly (readonly [
    what: string,
    options: FakeS3Options,
    provider: string,
    quirks: Readonly<Record<string, boolean>> | undefined,
    says?: RegExp,
  ])[] = [
    [
      "that it can more than is known",
      {},
      "ceph",
      { ifMatch: true },
      /# it replaces only what nobody changed .*\n {6}ifMatch: true\n/,
    ],
    ["nothing of a store as it is known", {}, "r2", undefined],
    [
      "that it cannot what is taken for granted",
      { personality: "ignorant" },
      "ceph",
      { createOnly: false },
      /# it overwrites what is there .*\n {6}createOnly: false\n/,
    ],
    ["nothing of what it cannot either", { personality: "ignorant" }, "other", undefined],
  ];
  for (const [what, options, provider, quirks, says] of TRIED) {
    it(`writes what trying a store shows: ${what}`, () =>
      withFake((fake) =>
        onStage([], async (stage) => {
          const { accessKeyId, secretAccessKey: S } = fake.credentials;
          const argv = ["init", "--type", "s3", "--bucket", "archives", "--provider", provider];
          argv.push("--endpoint", fake.endpoint, "--region", "us-east-1");
          argv.push("--access-key-id", accessKeyId, "--secret-variable", "S");
          const { code, stdout, stderr } = await stage.archive(argv, { env: { S } });
          assert.equal(code, 0, stdout + stderr);
          const settings = (await load(stage, { S })).backends.get("default");
          assert.ok(settings?.type === "s3");
          assert.deepEqual(settings.quirks, quirks);
          const text = await readFile(join(stage.home, ...CONFIG), "utf8");
          if (says) assert.match(text, says);
          assert.doesNotMatch(stdout, /below the backend's "quirks"/);
        }), options));
  }

  it("writes for this user only: 0600 in a folder of 0700", () =>
    onStage([], async ({ archive, home }) => {
      const { ask } = person({ "Where shall": "file", "Which folder": "~/copies" });
      assert.equal((await archive(["init"], { ask })).code, 0);
      const mode = async (path: string) => (await stat(path)).mode & 0o777;
      assert.equal(await mode(join(home, ...CONFIG)), 0o600);
      assert.equal(await mode(join(home, "config", "opencode")), 0o700);
      assert.deepEqual(await readdir(join(home, "config", "opencode")), [CONFIG[2]]);
    }));

  it("writes a folder's configuration that works, with a name of the user's", () =>
    onStage([session("one")], async (stage) => {
      const { archive, home } = stage;
      const { ask } = person({ "Where shall": "file", "Which folder": "~/my copies: all" });
      assert.equal((await archive(["init", "--backend", "disk"], { ask })).code, 0);
      const { backends } = await load(stage);
      const path = join(home, "my copies: all");
      assert.deepEqual([...backends], [["disk", { type: "file", path }]]);
      await archive([]);
      assert.equal((await readdir(path)).length, 1);
    }));

  it("keeps typed keys out of sight, and takes nothing in them for a variable", () =>
    withFake((fake) =>
      onStage([], async (stage) => {
        const { ask } = person({
          "Where shall": "s3",
          "Which store": "other",
          "Its address": fake.endpoint,
          "Which bucket": "archives",
          "How to sign in": "file",
          "access key id": fake.credentials.accessKeyId,
          "The secret": fake.credentials.secretAccessKey,
        });
        const { code, stdout, stderr } = await stage.archive(["init", "--debug"], { ask });
        assert.equal(code, 0, stdout + stderr);
        assert.ok(!(stdout + stderr).includes("${HOME}"));
        const config = await load(stage);
        const settings = config.backends.get("default");
        assert.ok(settings?.type === "s3");
        assert.equal(settings.credentials?.secretAccessKey, "odd: ${HOME} 'secret' #1");
      }), {
      credentials: { accessKeyId: "odd-key", secretAccessKey: "odd: ${HOME} 'secret' #1" },
    }));

  it("offers the profiles there are, the first way for AWS", () =>
    onStage([], async (stage) => {
      await mkdir(join(stage.home, ".aws"));
      await writeFile(
        join(stage.home, ".aws", "config"),
        "[profile work]\nregion = eu-west-1\n[default]\nregion = us-east-1\n",
      );
      const { ask, asked } = person({
        "Where shall": "aws",
        "Which bucket": "my-archives",
        "How to sign in": "profile:work",
      });
      const { code } = await stage.archive(["init", "--untried"], { ask });
      assert.equal(code, 0);
      const question = asked.find(({ message }) => message.includes("How to sign in"));
      assert.ok(question?.kind === "choice");
      assert.deepEqual(
        question.choices.map(({ value }) => value).sort(),
        ["chain", "file", "profile:default", "profile:work", "variables"],
      );
      assert.deepEqual([...(await load(stage)).backends], [
        ["default", { type: "s3", bucket: "my-archives", profile: "work" }],
      ]);
    }));

  it("shows what fails, lets the answers be corrected, and then writes", () =>
    withFake((fake) =>
      onStage([], async (stage) => {
        const { ask, asked } = person({
          "Where shall": "s3",
          "Which store": "other",
          "Its address": fake.endpoint,
          "Which bucket": ["archive", "archives"],
          "How to sign in": "file",
          "access key id": fake.credentials.accessKeyId,
          "The secret": [SECRET, ""],
          "does not work yet": "again",
        });
        const { code, stdout } = await stage.archive(["init"], { ask });
        assert.equal(code, 0, stdout);
        assert.match(stdout, /✗ bucket .*\n.*did you mean archives\?/);
        assert.ok(!stdout.includes(SECRET));
        const again = asked.filter(({ message }) => message.includes("Which bucket"))[1];
        assert.ok(again.kind === "text" && again.initial === "archive");
        assert.equal((await stage.archive(["doctor"])).code, 0);
      })
    ));

  it("writes what does not work when it is told to", () =>
    onStage([], async (stage) => {
      await writeFile(join(stage.home, "file"), "");
      const { ask } = person({
        "Where shall": "file",
        "Which folder": "~/file/x",
        "does not work yet": "write",
      });
      assert.equal((await stage.archive(["init"], { ask })).code, 0);
      assert.equal((await load(stage)).exists, true);
    }));

  it("says that a variable is not set, and lets it be written all the same", () =>
    onStage([], async ({ archive, home }) => {
      const { ask } = person({
        "Where shall": "s3",
        "Which store": "ceph",
        "Which bucket": "archives",
        "How to sign in": "variables",
        "does not work yet": "write",
      });
      const { code, stderr } = await archive(["init"], { ask });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /S3_SECRET_ACCESS_KEY, which is not set/);
      assert.match(await readFile(join(home, ...CONFIG), "utf8"), /provider: ceph/);
    }));

  for (
    const [how, script] of [
      ["when the first question is declined", { "Where shall": [undefined] }],
      ["when the last one is", {
        "Where shall": "file",
        "Which folder": "~/x",
        "never": [undefined],
      }],
      ["when that is chosen after a failure", {
        "Where shall": "file",
        "Which folder": "~/file/x",
        "does not work yet": "stop",
      }],
    ] as const
  ) {
    it(`writes nothing ${how}`, () =>
      onStage([], async ({ archive, home }) => {
        await writeFile(join(home, "file"), "");
        const { code, stderr } = await archive(["init"], { ask: person(script).ask });
        assert.equal(code, 1);
        assert.match(stderr, /nothing was written/);
        assert.deepEqual(await readdir(home), ["file"]);
      }));
  }

  it("leaves a configuration that exists alone, before it asks anything", () =>
    onStage([], async ({ archive, configure }) => {
      const text = "backends: {mine: {type: file, path: ~/mine}}\n";
      const path = await configure(text);
      const ask: Ask = () => assert.fail("it asked");
      const { code, stderr } = await archive(["init"], { ask });
      assert.equal(code, 1);
      assert.match(stderr, /exists and is left alone/);
      assert.equal((await archive(["init", "--type", "file", "--path", "x"])).code, 1);
      assert.equal(await readFile(path, "utf8"), text);
    }));

  it("leaves a link that leads nowhere alone", () =>
    onStage([], async ({ archive, home }) => {
      await symlink("/nowhere/at/all", join(home, "c.yaml"));
      const argv = ["init", "--config", "c.yaml", "--type", "file", "--path", "x"];
      assert.equal((await archive(argv)).code, 1);
    }));

  it("writes to the file of --config", () =>
    onStage([], async ({ archive, home }) => {
      const path = join(home, "new", "c.yaml");
      const argv = ["init", "--config", "new/c.yaml", "--type", "file", "--path", "/x"];
      const { code, stdout } = await archive([...argv, "--untried"]);
      assert.deepEqual([code, stdout], [0, `wrote ${path}\n`]);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal((await archive(["list", "--config", path])).code, 0);
    }));

  it("takes all answers from options, tries them, and prints JSON when asked to", () =>
    withFake((fake) =>
      onStage([], async (stage) => {
        const { accessKeyId, secretAccessKey: S } = fake.credentials;
        const argv = ["init", "--type", "s3", "--bucket", "archives", "--endpoint", fake.endpoint];
        argv.push("--region", "us-east-1", "--provider", "minio", "--json", "--never", "~/private");
        argv.push("--access-key-id", accessKeyId, "--secret-variable", "S");
        const shown = await stage.archive(argv, { env: { S } });
        assert.equal(shown.code, 0, shown.stdout + shown.stderr);
        const { path, written, findings } = shown.json<
          { path: string; written: boolean; findings: { status: string }[] }
        >();
        assert.deepEqual([path, written], [join(stage.home, ...CONFIG), true]);
        assert.ok(findings.length > 15 && findings.every(({ status }) => status !== "failed"));
        const config = await load(stage, { S });
        assert.deepEqual(rulesOf(config), [[["~/private/**"], []]]);
        assert.ok(!(await readFile(path, "utf8")).includes(S));
      })
    ));

  it("writes nothing from options that do not work, unless it is told to", () =>
    withFake((fake) =>
      onStage([], async ({ archive, home }) => {
        const { accessKeyId, secretAccessKey: S } = fake.credentials;
        const argv = ["init", "--type", "s3", "--bucket", "archive", "--endpoint", fake.endpoint];
        argv.push("--access-key-id", accessKeyId, "--secret-variable", "S");
        const { code, stdout, stderr } = await archive(argv, { env: { S } });
        assert.equal(code, 1);
        assert.match(stdout, /did you mean archives/);
        assert.match(stderr, /nothing was written; --untried/);
        assert.deepEqual(await readdir(home), []);
        assert.equal((await archive([...argv, "--untried"], { env: { S } })).code, 0);
      })
    ));

  it("writes with --untried what waits for a variable that is not set yet", () =>
    onStage([], async (stage) => {
      const argv = ["init", "--type", "s3", "--bucket", "archives", "--region", "us-east-1"];
      argv.push("--access-key-id", "AKIDEXAMPLE", "--secret-variable", "NOT_YET");
      assert.equal((await stage.archive(argv)).code, 2);
      const { code, stderr } = await stage.archive([...argv, "--untried"]);
      assert.equal(code, 0, stderr);
      assert.equal((await load(stage, { NOT_YET: "x" })).backends.size, 1);
    }));

  const WRONG: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
    [[], /no terminal to ask.*--type file --path FOLDER/],
    [["--bucket", "x"], /need --type/],
    [["--type", "gcs"], /--type is "gcs"; give s3 or file/],
    [["--type", "s3"], /needs --bucket/],
    [["--type", "file"], /needs --path/],
    [["--type", "file", "--path", "x", "--bucket", "y"], /--bucket goes with --type s3 only/],
    [["--type", "s3", "--bucket", "xxx", "--path", "y"], /--path goes with/],
    [["--type", "s3", "--bucket", "xxx", "--access-key-id", "y"], /go together/],
    [["--type", "s3", "--bucket", "xxx", "--provider", "mino"], /did you mean minio/],
    [
      ["--type", "s3", "--bucket", "xxx", "--access-key-id", "y", "--secret-variable", "s/c+r"],
      /must be the name of an environment variable/,
    ],
    [
      "--type s3 --bucket xxx --profile p --access-key-id y --secret-variable S".split(" "),
      /not both/,
    ],
    [["--type", "file", "--path", "x", "--backend", "no/name"], /name a backend with/],
  ];
  for (const [argv, says] of WRONG) {
    it(`refuses ${argv.join(" ") || "to guess without a terminal"}`, () =>
      onStage([], async ({ archive, home }) => {
        const { code, stderr } = await archive(["init", ...argv]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, says);
        assert.ok(!stderr.includes("s/c+r"));
        assert.deepEqual(await readdir(home), []);
      }));
  }
});
