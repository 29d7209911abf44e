import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { onStage, session } from "./stage.ts";

describe("an archive that is replaced while it is read", () => {
  for (
    const [what, options] of [["show", []], ["show as a summary", ["--format=summary"]]] as const
  ) {
    it(`is not called damaged by ${what}`, () =>
      onStage([session("jan")], async ({ archive, agent }) => {
        await archive(["run"]);
        const transcript = agent.transcript.bind(agent);
        agent.transcript = async function* (native) {
          const more = { id: "jan-m2", role: "user" as const, text: "And one more thing" };
          agent.set(session("jan", { messages: [...session("jan").messages, more] }));
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
});
