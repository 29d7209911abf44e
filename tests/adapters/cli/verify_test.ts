import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { VerifyJson } from "../../../adapters/cli/verify/findings.ts";
import type { StopSignal } from "../../../adapters/cli/terminal.ts";
import { onStage, type Props, session, type Stage } from "./stage.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const NONE = {
  ...{ ok: 0, missing: 0, damaged: 0, foreign: 0, undecodable: 0, differs: 0, failed: 0 },
};
const TWO = [session("one", { title: "The first" }), session("two")];

const MANY = Array.from({ length: 20 }, (_, index) => session(`s${index}`));

async function damage({ archives }: Stage): Promise<void> {
  const file = join(archives, KEY);
  await writeFile(file, (await readFile(file, "utf8")).replace("Hello", "Jello"));
}

describe("archive verify", () => {
  it("says that all is good", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { code, stdout, stderr } = await archive(["verify", "--all"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^verified 2 archives \(.*\): 2 good\n$/);
      assert.match((await archive(["verify", "one", KEY])).stdout, /^verified 1 archive /);
      assert.match((await archive(["verify", "--all", "--verbose"])).stdout, /^ok home_me.*one/m);
    }));

  it("names what is damaged, exits with 1, and the next run mends it", () =>
    onStage(TWO, async (stage) => {
      const { archive } = stage;
      await archive([]);
      await damage(stage);
      const { code, stdout, stderr } = await archive(["verify", "--all"]);
      assert.equal(code, 1);
      assert.match(stdout, /: 1 good, 1 damaged\n$/);
      assert.match(stderr, /^error: home_me_project\/2026-01-31\/one\.json is damaged/m);
      assert.match(stderr, /the next run uploads again/);
      assert.match((await archive([])).stdout, /^archived 1 session .*, 1 unchanged\n$/);
      assert.equal((await archive(["verify", "--all"])).code, 0);
    }));

  it("names what is missing, and the next run mends it", () =>
    onStage(TWO, async ({ archive, archives }) => {
      await archive([]);
      await rm(join(archives, KEY));
      const shown = await archive(["verify", "one", "--json"]);
      assert.equal(shown.code, 1);
      const { archives: [found], ...counts } = shown.json<
        { archives: Record<string, unknown>[] } & Record<string, number>
      >();
      assert.deepEqual(counts, { ...NONE, missing: 1 });
      const { problem, ...rest } = found ?? {};
      assert.deepEqual(rest, { key: KEY, backend: "default", status: "missing", size: 0 });
      assert.ok(String(problem).includes(KEY));
      await archive([]);
      assert.equal((await archive(["verify", "--all"])).code, 0);
    }));

  it("lists good archives in JSON only with --verbose", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const shown = await archive(["verify", "--all", "--json"]);
      assert.deepEqual(shown.json(), { ...NONE, ok: 2, archives: [] });
      const { archives } = (await archive(["verify", "--all", "--json", "--verbose"]))
        .json<{ archives: { status: string }[] }>();
      assert.deepEqual(archives.map(({ status }) => status), ["ok", "ok"]);
    }));

  it("asks for keys or --all, and not for both", () =>
    onStage([], async ({ archive }) => {
      for (const argv of [["verify"], ["verify", "one", "--all"]]) {
        const { code, stderr } = await archive(argv);
        assert.equal(code, 2);
        assert.match(stderr, /by key or session id, or all of them by --all/);
      }
    }));

  it("names ten copies of a kind, and counts the others", () =>
    onStage(MANY, async ({ archive, archives }) => {
      await archive([]);
      await rm(archives, { recursive: true });
      const { code, stdout, stderr } = await archive(["verify", "--all"]);
      assert.equal(code, 1);
      assert.equal(stderr.match(/^error: .*\.json/gm)?.length, 10, stderr);
      assert.match(stderr, /^error: 10 more archives on default are missing; --verbose or --json/m);
      assert.match(stdout, /^verified 20 archives \(0 B\): 0 good, 20 missing\n$/);
      const all = await archive(["verify", "--all", "--verbose"]);
      assert.equal(all.stderr.match(/^error: .*\.json/gm)?.length, 20);
      assert.match((await archive([])).stdout, /^archived 20 sessions/);
    }));

  it("tells of what is no archive, and leaves it alone", () =>
    onStage(TWO, async ({ archive, archives }) => {
      await archive([]);
      const stranger = join(archives, KEY.replace("one", "notes"));
      await writeFile(stranger, "my own notes");
      const { code, stdout, stderr } = await archive(["verify", "--all"]);
      assert.equal(code, 1);
      assert.match(stdout, /: 2 good, 1 foreign\n$/);
      assert.match(stderr, /^note: what is foreign is left alone; /m);
      await archive([]);
      assert.equal(await readFile(stranger, "utf8"), "my own notes");
    }));

  it("with --quick believes the disk, and reads what was touched", () =>
    onStage(TWO, async (stage) => {
      const { archive } = stage;
      await archive([]);
      const good = await archive(["verify", "--all", "--quick"]);
      assert.match(
        good.stdout,
        /^verified 2 archives \([^)]*\), as their stores tell of them: 2 good/,
      );
      await damage(stage);
      const bad = await archive(["verify", "--all", "--quick"]);
      assert.deepEqual([bad.code, /: 1 good, 1 damaged\n$/.test(bad.stdout)], [1, true]);
    }));

  it("with --sample reads a share, and misses what is gone all the same", () =>
    onStage(MANY, async ({ archive, archives }) => {
      await archive([]);
      const { ok } = (await archive(["verify", "--all", "--sample", "50%", "--json"]))
        .json<VerifyJson>();
      assert.ok(ok < 20, `${ok} of 20`);
      await rm(archives, { recursive: true });
      const { code, stdout } = await archive(["verify", "--all", "--sample", "0.01"]);
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^verified 20 archives \(0 B\), a sample of 0.01%: 0 good, 20 missing\n/,
      );
    }));

  it("shows how far it has come, without counting first", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { stderr } = await archive(["verify", "--all"], { columns: { stderr: 80 } });
      assert.match(stderr, /verifying 1 of about 2 archives/);
    }));

  const wrong: [string[], RegExp][] = [
    [["one", "--sample", "5%"], /--sample goes with --all/],
    [["one", "--resume"], /--resume goes with --all/],
    [["--all", "--sample", "0%"], /--sample is "0%"; give a share above 0/],
    [["--all", "--sample", "many"], /--sample is "many"/],
    [["--all", "--concurrency", "0"], /--concurrency is "0"/],
  ];
  for (const [argv, message] of wrong) {
    it(`refuses ${argv.join(" ")}`, () =>
      onStage([], async ({ archive }) => {
        const { code, stderr } = await archive(["verify", ...argv]);
        assert.equal(code, 2);
        assert.match(stderr, message);
      }));
  }
});

describe("archive verify --all that was stopped", () => {
  const VERBOSE = ["verify", "--all", "--verbose", "--concurrency", "1"];

  /** Stops it once some archive was told to be good. */
  function stoppedAfter(id: string): Props {
    let stop: ((signal: StopSignal) => void) | undefined;
    return {
      onStop: (given) => stop = given,
      onStdout: (piece) => void (piece.includes(`${id}.json`) && stop?.("SIGINT")),
    };
  }

  it("says how to go on, and goes on behind what it has looked at", () =>
    onStage(MANY, async (stage) => {
      const { archive } = stage;
      await archive([]);
      const first = await archive(VERBOSE, stoppedAfter("s14"));
      assert.equal(first.code, 1);
      assert.match(first.stdout, /^stopped: verified \d+ archives \([^)]*\): \d+ good$/m);
      assert.match(first.stdout, /^archive verify --all --resume goes on from here$/m);
      assert.equal((await stat(await markOf(stage))).mode & 0o777, 0o600);
      const looked = first.stdout.match(/^ok .*$/gm) ?? [];
      assert.ok(looked.length >= 5 && looked.length < 20, `${looked.length} of 20`);

      const rest = await archive(["verify", "--all", "--resume", "--verbose", "--json"]);
      const { ok, archives, resumedAfter } = rest.json<VerifyJson>();
      assert.deepEqual([rest.code, ok, archives.length], [0, 20, 20 - looked.length]);
      assert.ok(looked.at(-1)?.includes(resumedAfter ?? "nothing"));
      assert.match(rest.stderr, /going on behind .*, where \d+ copies were looked at .*, all good/);
      await assert.rejects(stat(await markOf(stage)), /ENOENT/);
    }));

  it("keeps what was found, and what was still to be looked at again", () =>
    onStage([...TWO, ...MANY], async (stage) => {
      const { archive } = stage;
      await archive([]);
      await damage(stage);
      const first = await archive(VERBOSE, stoppedAfter("s14"));
      assert.match(
        first.stderr,
        /not looked at again, though something looked wrong: .*one\.json$/m,
      );
      const rest = await archive(["verify", "--all", "--resume", "--json"]);
      const { ok, damaged, archives } = rest.json<VerifyJson>();
      assert.deepEqual([rest.code, ok, damaged], [1, 21, 1]);
      assert.deepEqual(archives.map(({ key }) => key), [KEY]);
      assert.match((await archive([])).stdout, /^archived 1 session/);
    }));

  it("does not go on with other options, other backends or what it cannot read", () =>
    onStage(MANY, async (stage) => {
      const { archive, configure } = stage;
      await configure(
        "backends: {a: {type: file, path: ~/a}, b: {type: file, path: ~/b}}\ndefault: [a, b]\n",
      );
      await archive([]);
      await archive([...VERBOSE, "--quick"], stoppedAfter("s14"));
      const refused = async (argv: string[], message: RegExp) => {
        const { code, stdout, stderr } = await archive(["verify", "--all", "--resume", ...argv]);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, message);
      };
      await refused([], /has the options --all --quick, and this one has --all; give the same, or/);
      await refused(["--quick", "--sample", "5%"], /this one has --all --quick --sample 5%/);
      await refused(
        ["--quick", "--backend", "a"],
        /goes over .*a and .*b, and this one over .*a; use/,
      );
      const mark = await markOf(stage);
      const text = await readFile(mark, "utf8");
      await writeFile(mark, text.replace('"version":1', '"version":2'));
      await refused(
        ["--quick"],
        /of version 2, a later release's; leave out --resume to begin anew/,
      );
      await writeFile(mark, text.slice(0, -9));
      await refused(["--quick"], /cannot be understood: it is damaged; leave out --resume/);
      await writeFile(mark, text);
      assert.equal((await archive(["verify", "--all", "--resume", "--quick"])).code, 0);
    }));

  it("begins anew without --resume, and with it when there is nothing to go on with", () =>
    onStage(MANY, async ({ archive }) => {
      await archive([]);
      await archive(VERBOSE, stoppedAfter("s14"));
      const anew = await archive(["verify", "--all"]);
      assert.match(anew.stderr, /^note: beginning anew; --resume goes on, where \d+ copies were/);
      assert.match(anew.stdout, /^verified 20 archives/);
      const none = await archive(["verify", "--all", "--resume"]);
      assert.match(
        none.stderr,
        /^note: no verification was stopped before its end; this one is new/,
      );
      assert.match(none.stdout, /^verified 20 archives/);
    }));

  it("takes the same sample when it goes on", () =>
    onStage(MANY, async ({ archive }) => {
      await archive([]);
      const sample = ["--sample", "60%"];
      let stop: ((signal: StopSignal) => void) | undefined;
      const first = await archive([...VERBOSE, ...sample], {
        onStop: (given) => stop = given,
        onStdout: () => stop?.("SIGTERM"),
      });
      const before = first.stdout.match(/^ok .*$/gm)?.length ?? 0;
      const rest = await archive([...VERBOSE, ...sample, "--resume", "--json"]);
      const { ok, archives } = rest.json<VerifyJson>();
      assert.deepEqual([rest.code, ok], [0, before + archives.length]);
      assert.ok(ok < 20 && before > 0);
    }));
});

async function markOf({ home }: Stage): Promise<string> {
  const versions = join(home, "state", "opencode-session-archiver", "v1");
  const [folder] = await readdir(versions);
  return join(versions, folder ?? "", "verification.json");
}
