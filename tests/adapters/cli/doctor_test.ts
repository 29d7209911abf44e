import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { FindingJson } from "../../../adapters/cli/doctor/diagnosis.ts";
import type { FakeS3, FakeS3Options } from "../../s3/fake.ts";
import { withFake } from "../../s3/with_fake.ts";
import { broken, onStage, session } from "./stage.ts";

/** What `archive doctor --json` prints. */
interface DoctorJson {
  readonly config: { readonly path: string; readonly exists: boolean; readonly warnings: string[] };
  readonly backends: readonly {
    readonly name: string;
    readonly type: string;
    readonly place: string;
    readonly findings: readonly FindingJson[];
  }[];
  readonly agents: readonly {
    readonly name: string;
    readonly stores: readonly string[];
    readonly sessions: number | null;
    readonly notes: readonly string[];
    readonly findings: readonly FindingJson[];
  }[];
  readonly machine: readonly FindingJson[];
  readonly problems: number;
  readonly hints: number;
}

/** A configuration with one bucket, as YAML in flow style. */
function bucketYaml(
  { endpoint, credentials }: Pick<FakeS3, "endpoint" | "credentials">,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const quirks = { createOnly: true, ifMatch: true };
  const common = { type: "s3", bucket: "archives", region: "us-east-1", endpoint, credentials };
  return JSON.stringify({ backends: { far: { ...common, quirks, ...more } } });
}

describe("archive doctor", () => {
  it("finds a machine without a configuration good, and says where archives go", () =>
    onStage([session("one"), session("two")], async ({ archive, archives, home }) => {
      const { code, stdout, stderr } = await archive(["doctor"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^configuration {2}\S+opencode-session-archiver\.yaml\n/);
      assert.match(stdout, /"archive init" sets up a better place/);
      assert.ok(stdout.includes(`\ndefault  ${archives}\n  ✓ list `), stdout);
      assert.match(stdout, /✓ large object +stores more than 8 MiB/);
      assert.match(stdout, /agents\n {2}✓ memory +2 sessions in /);
      assert.match(stdout, /✓ ledger +nothing was archived from here yet/);
      assert.match(stdout, /✓ disk +[\d.]+ \wB free for /);
      assert.match(stdout, /\nall good\n$/);
      assert.deepEqual(await readdir(archives), []);
      assert.ok(!(await readdir(home)).includes("state"), "it makes no state");
    }));

  it("finds a bucket good, and knows the ledger", () =>
    withFake((fake) =>
      onStage([session("one")], async ({ archive, configure }) => {
        const path = await configure(bucketYaml(fake));
        assert.equal((await archive([])).code, 0);
        const { code, stdout } = await archive(["doctor"]);
        assert.equal(code, 0, stdout);
        assert.ok(stdout.startsWith(`configuration  ${path}\n  ✓ read  far\n`), stdout);
        assert.ok(stdout.includes(`\nfar  archives at ${fake.endpoint}\n`), stdout);
        assert.match(stdout, /✓ credentials +arn:aws:iam::/);
        assert.match(stdout, /✓ state folder +\S+ is writable/);
        assert.match(stdout, /✓ ledger +1 copy remembered/);
        assert.match(stdout, /\nall good\n$/);
        assert.equal(fake.objects().size, 1, "only the archive is left");
      })
    ));

  it("prints one JSON object with --json", () =>
    withFake((fake) =>
      onStage([session("one")], async ({ archive, configure }) => {
        const path = await configure(bucketYaml(fake));
        fake.fault({ on: "PutObject", do: { status: 403, code: "AccessDenied" } });
        const shown = await archive(["doctor", "--json"]);
        assert.equal(shown.code, 1);
        const { config, backends, agents, machine, problems } = shown.json<DoctorJson>();
        assert.deepEqual(config, { path, exists: true, warnings: [] });
        assert.equal(problems, 1);
        assert.deepEqual(
          backends.map(({ name, type, place }) => ({ name, type, place })),
          [{ name: "far", type: "s3", place: `archives at ${fake.endpoint}` }],
        );
        const write = backends[0].findings.find(({ check }) => check === "write");
        assert.equal(write?.status, "failed");
        assert.equal(write?.error?.code, "Unauthorized");
        assert.match(write?.advice ?? "", /s3:PutObject/);
        assert.deepEqual(agents.map(({ name, sessions }) => [name, sessions]), [["memory", 1]]);
        assert.ok(machine.every(({ status }) => status === "ok"));
      })
    ));

  it("tells programs which quirks it advises to write", () =>
    withFake((fake) =>
      onStage([], async ({ archive, configure }) => {
        await configure(bucketYaml(fake, { quirks: { createOnly: true } }));
        const { backends } = (await archive(["doctor", "--json"])).json<DoctorJson>();
        const advised = backends[0].findings.filter((one) => "quirks" in one);
        assert.deepEqual(advised.map(({ check, status }) => [check, status]), [
          ["replace if unchanged", "limited"],
        ]);
        assert.deepEqual(Object.entries(advised[0]).find(([name]) => name === "quirks"), [
          "quirks",
          { ifMatch: true },
        ]);
      })
    ));

  it("names with --debug the request that a store refused, as every command does", () =>
    withFake((fake) =>
      onStage([], async ({ archive, configure }) => {
        await configure(bucketYaml(fake));
        fake.fault({ on: "ListObjectsV2", do: { status: 403, code: "AccessDenied" } });
        const { stderr } = await archive(["list", "--debug"]);
        assert.match(stderr, /caused by: S3Failure: .* \(request \S+\)/);
      })
    ));

  it("joins what was skipped for one reason, and counts what needs the user", () =>
    withFake((fake) =>
      onStage([], async ({ archive, configure }) => {
        await configure(bucketYaml(fake));
        fake.fault({ on: "PutObject", do: { status: 403, code: "AccessDenied" } });
        const { code, stdout } = await archive(["doctor"]);
        assert.equal(code, 1);
        assert.match(stdout, /✗ write +.*denies it.*\n +→ allow s3:PutObject on arn:aws:s3:::arch/);
        assert.match(
          stdout,
          /· read +not tried, as "write" did not work\n|· \d+ checks +not tried/,
        );
        assert.match(stdout, /\n1 thing needs you\n$/);
      })
    ));

  const BROKEN: readonly (readonly [
    what: string,
    options: FakeS3Options,
    more: Readonly<Record<string, unknown>>,
    says: RegExp,
  ])[] = [
    ["a missing bucket", {}, { bucket: "archive" }, /did you mean archives\?.*aws s3 mb/],
    ["another region", { region: "eu-west-1" }, {}, /set "region" to "eu-west-1"/],
    [
      "a wrong secret",
      {},
      { credentials: { accessKeyId: "AKIAFAKEFAKEFAKEFAKE", secretAccessKey: "s3cr3t-not-shown" } },
      /enter the secret again/,
    ],
    [
      "an unknown key",
      {},
      { credentials: { accessKeyId: "AKIAELSE", secretAccessKey: "s3cr3t-not-shown" } },
      /correct the credentials or the profile of the backend "far"/,
    ],
    [
      "conditions that are passed over",
      { personality: "ignorant" },
      {},
      /"createOnly: false" below the backend's "quirks"/,
    ],
    [
      "checksums that are refused",
      { personality: "b2" },
      { quirks: { checksums: "always" } },
      /"checksums: required"/,
    ],
  ];
  for (const [what, options, more, says] of BROKEN) {
    it(`says what to do about ${what}, exits with 1, and shows no secret`, () =>
      withFake((fake) =>
        onStage([], async ({ archive, configure }) => {
          await configure(bucketYaml(fake, more));
          const { code, stdout, stderr } = await archive(["doctor", "--debug"]);
          assert.equal(code, 1);
          assert.match(stdout, says);
          assert.match(stdout, /\n\d things? needs? you/);
          assert.ok(!(stdout + stderr).includes("s3cr3t"));
        }), options));
  }

  it("says what to do about a profile that does not exist, and looks at the others", () =>
    onStage([], async ({ archive, configure, home }) => {
      await mkdir(join(home, ".aws"));
      await writeFile(join(home, ".aws", "config"), "[profile work]\nregion = us-east-1\n");
      await configure(
        "backends:\n  far: {type: s3, bucket: archives, profile: wrok}\n" +
          "  near: {type: file, path: ~/near}\ndefault: near\n",
      );
      const { code, stdout } = await archive(["doctor"]);
      assert.equal(code, 1);
      assert.match(stdout, /✗ open +.*"wrok".*work/);
      assert.match(stdout, /\nnear {2}\S+near\n {2}✓ list/);
      assert.match(stdout, /\n1 thing needs you/);
    }));

  it("says what to do about a folder that cannot be written", () =>
    onStage([], async ({ archive, configure, home }) => {
      await writeFile(join(home, "file"), "");
      await configure("backends: {near: {type: file, path: ~/file/archives}}\n");
      const { code, stdout } = await archive(["doctor"]);
      assert.equal(code, 1);
      assert.match(stdout, /✗ write +.*a file stands where a folder is needed.*\n +→ correct what/);
    }));

  it("says what to do about a state folder that is no folder", () =>
    onStage([], async ({ archive, home }) => {
      await writeFile(join(home, "state"), "");
      const { code, stdout } = await archive(["doctor"]);
      assert.equal(code, 1);
      assert.match(stdout, /✗ state folder +.*\n +→ .*XDG_STATE_HOME/);
    }));

  it("tells of damaged lines in the ledger without alarm", () =>
    onStage([session("one")], async ({ archive, home }) => {
      await archive([]);
      const versions = join(home, "state", "opencode-session-archiver", "v1");
      const [folder] = await readdir(versions);
      await writeFile(join(versions, folder, "ledger.jsonl"), "{broken\n", { flag: "a" });
      const { code, stdout } = await archive(["doctor"]);
      assert.equal(code, 0);
      assert.match(stdout, /– ledger +1 copy remembered; 1 line damaged/);
      assert.match(stdout, /\nall good, 1 thing could be better\n$/);
    }));

  it("names an agent whose sessions cannot be read", () =>
    onStage([], async ({ archive, agent }) => {
      const failing = {
        ...broken(agent, [], () => new Error()),
        detect: () => Promise.reject(new Error("the database is locked")),
      };
      const { code, stdout } = await archive(["doctor"], { agents: [failing] });
      assert.equal(code, 1);
      assert.match(stdout, /✗ memory +.*the database is locked/);
    }));

  it("tries only the backend that is named", () =>
    onStage([], async ({ archive, configure, home }) => {
      await configure(
        "backends:\n  one: {type: file, path: ~/one}\n  two: {type: file, path: ~/two}\ndefault: one\n",
      );
      const shown = await archive(["doctor", "--backend", "two", "--json"]);
      assert.deepEqual(shown.json<DoctorJson>().backends.map(({ name }) => name), ["two"]);
      assert.ok(!(await readdir(home)).includes("one"));
    }));

  it("tells all that is wrong with a configuration, and exits with 2", () =>
    onStage([], async ({ archive, configure }) => {
      await configure("backends: {near: {type: file, path: ~/x, colour: red}}\ndefault: nera\n");
      const { code, stdout, stderr } = await archive(["doctor"]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /colour/);
      assert.match(stderr, /did you mean near/);
    }));

  it("ends when it is stopped, and leaves nothing behind", () =>
    withFake((fake) =>
      onStage([], async ({ archive, configure }) => {
        await configure(bucketYaml(fake));
        let stop = () => {};
        fake.fault({
          on: ({ operation }) => {
            if (operation === "CreateMultipartUpload") stop();
            return false;
          },
          do: "reset",
        });
        const { code, stdout } = await archive(["doctor"], {
          onStop: (tell) => stop = () => tell("SIGINT"),
        });
        assert.equal(code, 1);
        assert.match(stdout, /· trial +stopped before its end\n/);
        assert.match(stdout, /\nstopped before its end\n$/);
        assert.equal(fake.objects().size, 0);
      })
    ));

  it("tries all backends at the same time", () =>
    withFake((slow) =>
      withFake((other) =>
        onStage([], async ({ archive, configure }) => {
          const one = (name: string, fake: FakeS3) =>
            JSON.stringify(JSON.parse(bucketYaml(fake)).backends.far).replace(/^/, `${name}: `);
          await configure(`{backends: {${one("a", slow)}, ${one("b", other)}}, default: a}\n`);
          const { code, stdout } = await archive(["doctor"]);
          assert.equal(code, 0, stdout);
          assert.ok(stdout.indexOf("\na  ") < stdout.indexOf("\nb  "));
          const ends = (fake: FakeS3) => fake.requests.map(({ at }) => at);
          assert.ok(Math.min(...ends(other)) < Math.max(...ends(slow)), "one after the other");
        })
      ), { latencyMs: 10 }));
});
