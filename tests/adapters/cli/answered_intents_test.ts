/**
 * What a run does about the sessions that wait for the background relay.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { stateFolder } from "../../../adapters/state/location.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { MemoryAgent } from "../../../core/memory_agent.ts";
import type { SessionFilter, SessionRef } from "../../../core/agent.ts";
import { broken, onStage, session, type Stage } from "./stage.ts";

/** An intent names its store by an absolute path. */
const STORE = "/home/me/sessions";

/** The stage's agent, with a store that has such a path. */
function placed(agent: MemoryAgent) {
  return {
    ...broken(agent, [], () => new Error()),
    async *sessions({ stores, ...filter }: SessionFilter = {}): AsyncGenerator<SessionRef> {
      if (stores && !stores.includes(STORE)) return;
      for await (const ref of agent.sessions(filter)) yield { ...ref, store: STORE };
    },
  };
}

async function outboxOf({ env }: Stage): Promise<Outbox> {
  const configPath = join(env.XDG_CONFIG_HOME, "opencode", "opencode-session-archiver.yaml");
  return new Outbox(join(await stateFolder({ env, platform: "linux", configPath }), "outbox"));
}

const idOf = (id: string) => ({ agent: "memory", store: STORE, id });

describe("a run and the sessions that wait", () => {
  it("answers the intents of what it archives, and of what is there no more", () =>
    onStage([session("one")], async (stage) => {
      const outbox = await outboxOf(stage);
      await outbox.write(idOf("one"));
      await outbox.write(idOf("gone"));
      const { code, stderr } = await stage.archive([], { agents: [placed(stage.agent)] });
      assert.equal(code, 0);
      assert.deepEqual(await outbox.names(), []);
      assert.match(
        stderr,
        /left gone alone: it is no longer in \/home\/me\/sessions; archives of it stay/,
      );
    }));

  it("keeps the intent of a session that fails", () =>
    onStage([session("one"), session("two")], async (stage) => {
      const outbox = await outboxOf(stage);
      await outbox.write(idOf("one"));
      const kept = await outbox.write(idOf("two"));
      const agent = broken(placed(stage.agent), ["two"], () => new ArchiveError("Corrupt", "no"));
      await stage.archive([], { agents: [agent] });
      assert.deepEqual(await outbox.names(), [kept]);
    }));

  it("archives what came while it was at it", () =>
    onStage([session("one")], async (stage) => {
      const outbox = await outboxOf(stage);
      const inner = placed(stage.agent);
      const agent = {
        ...inner,
        async load(...asked: Parameters<typeof inner.load>) {
          if (asked[0].id === "one") {
            stage.agent.set(session("late"));
            await outbox.write(idOf("late"));
          }
          return await inner.load(...asked);
        },
      };
      const { stdout } = await stage.archive(["--json"], { agents: [agent] });
      assert.equal(JSON.parse(stdout).archived, 2);
      assert.deepEqual(await outbox.names(), []);
    }));

  it("leaves intents alone in a dry run, and in a run into one of several backends", () =>
    onStage([session("one")], async (stage) => {
      const { archive, configure, home } = stage;
      const disk = (name: string) => `  ${name}: {type: file, path: ${join(home, name)}}\n`;
      await configure(`backends:\n${disk("a")}${disk("b")}default: [a, b]\n`);
      const outbox = await outboxOf(stage);
      const kept = await outbox.write(idOf("one"));
      const agents = [placed(stage.agent)];
      await archive(["--dry-run"], { agents });
      assert.deepEqual(await outbox.names(), [kept]);
      await archive(["--backend", "a"], { agents });
      assert.deepEqual(await outbox.names(), [kept]);
      await archive([], { agents });
      assert.deepEqual(await outbox.names(), []);
    }));
});
