import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { onStage, session } from "./stage.ts";

const MORE = { id: "jan-m2", role: "user" as const, text: "And one more thing" };
const GROWN = session("jan", { messages: [...session("jan").messages, MORE] });

describe("an archive that is replaced while it is read", () => {
  for (
    const [what, options] of [["show", []], ["show as a summary", ["--format=summary"]]] as const
  ) {
    it(`is not called damaged by ${what}`, () =>
      onStage([session("jan")], async ({ archive, agent }) => {
        await archive(["run"]);
        const transcript = agent.transcript.bind(agent);
        agent.transcript = async function* (native) {
          agent.set(GROWN);
          assert.equal((await archive(["run"])).code, 0);
          yield* transcript(native);
        };
        const { code, stderr } = await archive(["show", "jan", ...options]);
        assert.equal(code, 1);
        assert.match(
          stderr,
          /^error: \S+\/jan\.json was archived anew while it was read; try again\n$/,
        );
      }));
  }

  it("is read again by restore", () =>
    onStage([session("jan")], async ({ archive, agent, home, env }) => {
      const folders = [env.XDG_DATA_HOME, env.XDG_STATE_HOME];
      const copied = (name: string) =>
        Promise.all(
          folders.map((folder, one) =>
            cp(folder, join(home, `${name}${one}`), { recursive: true })
          ),
        );
      const putBack = (name: string) =>
        folders.forEach((folder, one) => {
          rmSync(folder, { recursive: true });
          cpSync(join(home, `${name}${one}`), folder, { recursive: true });
        });
      await archive(["run"]);
      await copied("before");
      agent.set(GROWN);
      await archive(["run"]);
      await copied("after");
      agent.remove("jan");
      putBack("before");
      // It is looked up when the archive was found and before it is read.
      const restore = agent.restore.bind(agent);
      let looks = 0;
      Object.defineProperty(agent, "restore", {
        get() {
          if (looks++ === 0) putBack("after");
          return restore;
        },
      });
      const { code, stdout, stderr } = await archive(["restore", "jan"]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "restored jan into /home/me/project\n");
      assert.deepEqual(agent.get("jan")?.messages, GROWN.messages);
      assert.equal(looks, 3, "it was replaced in time");
    }));
});
