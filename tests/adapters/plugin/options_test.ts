import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readOptions } from "../../../adapters/plugin/options.ts";

const WHERE = { env: { HOME: "/home/me" }, platform: "linux" };
const USUAL = "/home/me/.config/opencode/opencode-session-archiver.yaml";

function setupOf(options: unknown, where = WHERE) {
  const setup = readOptions(options, where);
  assert.ok(!("problem" in setup), "problem" in setup ? setup.problem : "");
  return setup;
}

function problemOf(options: unknown, where: typeof WHERE = WHERE): string {
  const setup = readOptions(options, where);
  assert.ok("problem" in setup, JSON.stringify(setup));
  return setup.problem;
}

describe("the plugin's options", () => {
  it("may be left out: the usual configuration, archiving by itself", () => {
    for (const options of [undefined, null, {}, { auto: true }]) {
      const { named, configPath, state, auto } = setupOf(options);
      assert.equal(named, undefined);
      assert.equal(configPath, USUAL);
      assert.match(state, /^\/home\/me\/\.local\/state\/opencode-session-archiver\/v1\/\w{16}$/);
      assert.equal(auto, true);
    }
  });

  it("name a configuration, from the home folder or absolute, which has a state of its own", () => {
    const home = setupOf({ config: "~/other.yaml", auto: false });
    assert.equal(home.named, "/home/me/other.yaml");
    assert.equal(home.configPath, home.named);
    assert.equal(home.auto, false);
    assert.notEqual(home.state, setupOf({}).state);
    assert.equal(setupOf({ config: "/home/me/other.yaml" }).state, home.state);
  });

  it("give way to the environment only where they name no configuration", () => {
    const env = { HOME: "/home/me", SESSION_ARCHIVER_CONFIG: "/srv/env.yaml" };
    assert.equal(setupOf({}, { ...WHERE, env }).configPath, "/srv/env.yaml");
    assert.equal(setupOf({}, { ...WHERE, env }).named, undefined);
    assert.equal(setupOf({ config: "/a.yaml" }, { ...WHERE, env }).configPath, "/a.yaml");
  });

  it("that are wrong are all named, with what is allowed", () => {
    const problem = problemOf({ confg: "/a.yaml", rules: [], auto: "false", config: 7 });
    assert.match(problem, /there is no option confg \(did you mean config\?\)/);
    assert.match(problem, /there is no option rules;/);
    assert.match(problem, /auto is "false"; write true or false/);
    assert.match(problem, /config \(7\) is no text; give the path of a file/);
    assert.match(problem, /Allowed are config, the path of a configuration, and auto/);
    assert.doesNotMatch(problem, /\n/);
  });

  it("that are no object, or a path that could be anywhere, are wrong", () => {
    assert.match(problemOf([1]), /they are \[1\], and have to be an object/);
    assert.match(problemOf("x"), /they are "x"/);
    assert.match(problemOf({ config: "./a.yaml" }), /config \("\.\/a\.yaml"\) is relative; give/);
    assert.match(problemOf({ config: "" }), /config \(""\)/);
    assert.match(problemOf({ config: "~you/a.yaml" }), /config \("~you\/a\.yaml"\) begins with/);
    assert.ok(problemOf({ config: ["x".repeat(10_000)] }).length < 1_000);
  });

  it("cannot make up for an environment that is wrong", () => {
    const env = { HOME: "/home/me", SESSION_ARCHIVER_CONFIG: "relative.yaml" };
    assert.match(problemOf({}, { ...WHERE, env }), /SESSION_ARCHIVER_CONFIG.*is relative/);
    const homeless = { env: { HOME: "" }, platform: "linux" };
    assert.match(problemOf({}, homeless), /HOME is not set/);
  });
});
