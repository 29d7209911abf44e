import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import { until } from "../../until.ts";
import { Child, withFolder } from "./temporary.ts";

/** Some processes around one state; they are gone when it ends. */
class Company {
  readonly state: string;
  readonly #children: Child[] = [];

  constructor(state: string) {
    this.state = state;
  }

  /** A relay that holds the lock; `quick` hands over without being told to. */
  async relay(...how: readonly "quick"[]): Promise<Child> {
    const relay = this.#start("hand_over.ts", ...how);
    assert.equal(await relay.line(), "holds");
    return relay;
  }

  /** A relay that has yet to find out whether it may hold the lock. */
  lateRelay(): Child {
    return this.#start("hand_over.ts");
  }

  async command(): Promise<Child> {
    const command = this.#start("take_over.ts");
    assert.equal(await command.line(), "ready");
    return command;
  }

  /** A command that asks a relay, which has heard it. */
  async asking(relay: Child): Promise<Child> {
    const command = await this.command();
    command.say("take");
    assert.equal(await command.line(), `waits for ${relay.pid}`);
    assert.equal(await relay.line(), "asked");
    return command;
  }

  /** A command that has the lock, and the relay that gave it without being told to. */
  async handedOver(): Promise<{ relay: Child; command: Child }> {
    const relay = await this.relay("quick");
    const command = await this.command();
    command.say("take");
    assert.equal(await command.line(), `waits for ${relay.pid}`);
    timeIn(await command.line(), "won");
    timeIn(await relay.line(), "gave");
    return { relay, command };
  }

  async requests(): Promise<readonly string[]> {
    const names = await readdir(join(this.state, "handover"));
    // A relay that looks for requests writes a file for a moment to learn the folder's time.
    return names.filter((name) => !name.endsWith(".new"));
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.process.exitCode === null && child.process.signalCode === null) await child.kill();
    }
  }

  #start(script: string, ...args: readonly string[]): Child {
    const child = new Child(script, this.state, ...args);
    this.#children.push(child);
    return child;
  }
}

const inCompany = (body: (company: Company) => Promise<void>) =>
  withFolder(async (state) => {
    const company = new Company(state);
    try {
      await body(company);
    } finally {
      await company.end();
    }
  });

/** The time in a line such as `gave 1768478400000`. */
function timeIn(line: string | undefined, word: string): number {
  const time = new RegExp(`^${word} (\\d+)$`).exec(line ?? "")?.[1];
  assert.ok(time, `expected ${word} and a time, not ${line}`);
  return Number(time);
}

describe("a relay that a command asks for the lock", () => {
  it("hands it over within a second of being done, and gets it back", () =>
    inCompany(async (company) => {
      const relay = await company.relay();
      for (let round = 0; round < 3; round++) {
        const command = await company.asking(relay);
        assert.equal((await lockHolder(join(company.state, "lock")))?.pid, relay.pid);
        relay.say("land");
        const gave = timeIn(await relay.line(), "gave");
        const won = timeIn(await command.line(), "won");
        assert.ok(won - gave < 1_000, `it took ${won - gave} ms`);
        const holder = await lockHolder(join(company.state, "lock"));
        assert.deepEqual([holder?.pid, holder?.kind], [command.pid, "command"]);
        assert.deepEqual(await company.requests(), []);
        command.say("release");
        assert.equal(await command.line(), "released");
        assert.equal(await relay.line(), "holds");
        await command.kill();
      }
    }));

  it("gets it back from a command that is killed with it", () =>
    inCompany(async (company) => {
      const { relay, command } = await company.handedOver();
      await command.kill();
      assert.equal(await relay.line(), "holds");
    }));

  it("is not kept waiting by one that is killed while it asks", () =>
    inCompany(async (company) => {
      const relay = await company.relay();
      const command = await company.asking(relay);
      await command.kill();
      assert.equal((await company.requests()).length, 1);
      relay.say("land");
      timeIn(await relay.line(), "gave");
      assert.equal(await relay.line(), "holds");
      assert.deepEqual(await company.requests(), []);
    }));

  it("is not kept waiting by one that gave up, whose request is gone", () =>
    inCompany(async (company) => {
      const relay = await company.relay();
      const command = await company.asking(relay);
      command.say("abort");
      assert.match(await command.line() ?? "", /^Aborted: waiting for the lock/);
      assert.deepEqual(await company.requests(), []);
      relay.say("land");
      timeIn(await relay.line(), "gave");
      assert.equal(await relay.line(), "holds");
    }));

  it("hands it to the first of two; the other hears who that is", () =>
    inCompany(async (company) => {
      const relay = await company.relay();
      const commands = [await company.asking(relay), await company.command()];
      commands[1]?.say("take");
      assert.equal(await commands[1]?.line(), `waits for ${relay.pid}`);
      relay.say("land");
      timeIn(await relay.line(), "gave");
      const answers = await Promise.all(commands.map((command) => command.line()));
      const winner = commands[answers.findIndex((answer) => answer?.startsWith("won"))];
      assert.ok(winner, `${answers}`);
      const lost = answers.filter((answer) => answer?.startsWith("AlreadyExists"));
      assert.equal(lost.length, 1, `${answers}`);
      assert.match(lost[0] ?? "", new RegExp(`another run \\(pid ${winner.pid},`));
      assert.deepEqual(await company.requests(), []);
      winner.say("release");
      assert.equal(await winner.line(), "released");
      assert.equal(await relay.line(), "holds");
    }));

  it("is waited for as long as it lives, and is told of once", () =>
    inCompany(async (company) => {
      const relay = await company.relay();
      const command = await company.asking(relay);
      process.kill(relay.pid, "SIGSTOP");
      const [request = ""] = await company.requests();
      const path = join(company.state, "handover", request);
      // Each touch of the request is another vain try for the lock.
      let [touched, last] = [0, 0];
      await until("three tries", async () => {
        const { mtimeMs } = await stat(path);
        if (mtimeMs !== last) touched++;
        last = mtimeMs;
        return touched >= 3;
      });
      process.kill(relay.pid, "SIGKILL");
      timeIn(await command.line(), "won");
    }));

  it("is not replaced by a second relay, which finds that it is not needed", () =>
    inCompany(async (company) => {
      await company.relay();
      assert.equal(await company.lateRelay().line(), "not needed");
    }));

  it("gets it back, or another one that started meanwhile, but not both", () =>
    inCompany(async (company) => {
      const { relay, command } = await company.handedOver();
      const second = company.lateRelay();
      command.say("release");
      assert.equal(await command.line(), "released");
      const lines = await Promise.all([relay.line(), second.line()]);
      assert.deepEqual(lines.toSorted(), ["holds", "not needed"]);
    }));

  it("is never in at the same time as a command, nor two of these", () =>
    inCompany(async (company) => {
      await company.relay("quick");
      const commands = await Promise.all([company.command(), company.command()]);
      for (const command of commands) command.say("exclude 5");
      const answers = await Promise.all(commands.map((command) => command.line()));
      assert.deepEqual(answers, ["5 times", "5 times"]);
    }));
});
