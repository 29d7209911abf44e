import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { isAbsolute } from "node:path";
import { ChildFailure, type Limits, runnerOf } from "../../../adapters/plugin/child.ts";
import { ownProgram } from "../../../adapters/plugin/own_program.ts";

const TIME = 20_000;
const EVAL = "Deno" in globalThis ? ["eval"] : ["-e"];

/** Runs a script as if it were the program. */
function script(
  code: string,
  limits: Partial<Limits> = {},
  { command = process.execPath, argv = [] }: { command?: string; argv?: readonly string[] } = {},
) {
  const program = { command, args: [...EVAL, code], env: {}, cwd: process.cwd() };
  return runnerOf(() => program, process.env)(["list", ...argv], { time: TIME, ...limits });
}

const SLOW = "setInterval(() => {}, 1000);";
/** Starts a process that lives longer, and holds what it was given of the child's streams. */
const LEAVES_ONE = `
  const { spawn } = require("node:child_process");
  const args = ${JSON.stringify([...EVAL, "setTimeout(() => {}, 8000)"])};
  spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] }).unref();
`;

describe("a child", () => {
  it("gives back what it printed, what went wrong and what is good to know", async () => {
    const ended = await script(`
      console.log(JSON.stringify([{ key: "k" }], undefined, 2));
      console.error(JSON.stringify({ warning: "w" }));
      console.error("something of the runtime's own");
      console.error(JSON.stringify({ error: { code: "Timeout", message: "m" } }));
      console.error(JSON.stringify({ note: "n" }));
      process.exitCode = 1;
    `);
    assert.deepEqual(ended, {
      exitCode: 1,
      answer: [{ key: "k" }],
      errors: [{ code: "Timeout", message: "m" }],
      notes: ["w", "n"],
    });
  });

  it("that breaks off without a word is a failure with the last that it said", async () => {
    await assert.rejects(
      script(`console.error("out of memory"); process.exitCode = 7;`),
      new ChildFailure("The archiver's program broke off (7): out of memory."),
    );
    await assert.rejects(script(`console.log("{");`), /broke off \(0\)\.$/);
  });

  it("that cannot be started is a failure", async () => {
    await assert.rejects(
      script("", {}, { command: "/nowhere/opencode" }),
      (error) => error instanceof ChildFailure && /could not be started/.test(error.message),
    );
  });

  it("is ended when it takes too long", async () => {
    await assert.rejects(
      script(SLOW, { time: 100 }),
      /^ChildFailure: It was stopped, as it was not done after 0 seconds/,
    );
  });

  it("is ended by a signal, also by one that fired before", async () => {
    const stop = new AbortController();
    const running = script(SLOW, { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(running, new ChildFailure("It was stopped before it was done."));
    await assert.rejects(script(SLOW, { signal: AbortSignal.abort() }), ChildFailure);
  });

  it("is ended by force when it does not listen", async () => {
    const deaf = `process.on("SIGTERM", () => {}); ${SLOW}`;
    await assert.rejects(script(deaf, { time: 500 }), /was not done after/);
  });

  for (
    const [what, argv] of Object.entries({
      "an argument that no program can be given": ["a\0b"],
      "more arguments than the system takes": ["x".repeat(4 << 20)],
    })
  ) {
    it(`that cannot be started for ${what} is a failure`, async () => {
      await assert.rejects(
        script("", {}, { argv }),
        (error) =>
          error instanceof ChildFailure && error.message.length < 300 &&
          /^The archiver's program could not be started: /.test(error.message),
      );
    });
  }

  it("is done when it ends, whatever it leaves running", async () => {
    const begun = performance.now();
    const ended = await script(`${LEAVES_ONE} console.log(JSON.stringify("x".repeat(100_000)));`);
    assert.deepEqual([ended.exitCode, `${ended.answer}`.length], [0, 100_000]);
    assert.ok(performance.now() - begun < 6_000);
  });

  it("is ended at its limit, whatever it leaves running", async () => {
    const begun = performance.now();
    await assert.rejects(script(`${LEAVES_ONE} ${SLOW}`, { time: 300 }), /was not done after/);
    assert.ok(performance.now() - begun < 6_000);
  });

  it("is ended when it says more than anyone can hold", async () => {
    const chatty = `const line = "x".repeat(1 << 20);
      const say = () => process.stdout.write(line, () => setTimeout(say));
      say();`;
    await assert.rejects(script(chatty), /its answer is too long; ask for less/);
  });
});

describe("the program of this package", () => {
  it("runs on this runtime, away from every project", () => {
    const { command, args, cwd, env } = ownProgram({ PATH: "/bin" });
    assert.equal(command, process.execPath);
    assert.match(args.at(-1) ?? "", /adapters[/\\]cli[/\\]bin\.[jt]s$/);
    assert.ok(isAbsolute(cwd) && args.at(-1)?.startsWith(cwd));
    assert.equal(env.PWD, cwd);
    assert.equal(env.OPENCODE_BIN_PATH, undefined);
  });

  it("runs on OpenCode's Bun, and names the OpenCode that it is of", () => {
    const runtime = { execPath: "/opt/oc/bin/opencode", versions: { bun: "1.3.14" } };
    const { command, args, env } = ownProgram({}, runtime);
    assert.equal(command, "/opt/oc/bin/opencode");
    assert.equal(args.length, 1);
    assert.equal(env.BUN_BE_BUN, "1");
    assert.equal(env.OPENCODE_BIN_PATH, "/opt/oc/bin/opencode");
    const named = ownProgram({ OPENCODE_BIN_PATH: "/mine" }, runtime);
    assert.equal(named.env.OPENCODE_BIN_PATH, undefined, "what the user set stays");
  });
});
