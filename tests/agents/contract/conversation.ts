/**
 * What is shown of a conversation: text, thoughts, calls with what they gave, models and tokens.
 *
 * @module
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { NO_TOKENS, sumOfTokens, type TranscriptMessage } from "../../../core/transcript.ts";
import { all, archiveAll, restorable, withSession } from "./archived.ts";
import type { MadeUp, TestedAgent, Untold, WrittenSession } from "./tested.ts";

/** Tests it. */
export function showsConversations<Written extends WrittenSession>(
  tested: TestedAgent<Written>,
): void {
  const tells = (what: Untold) => !tested.untold?.includes(what);

  it("shows what was said and thought, and each call with what it gave", () =>
    withConversation(tested, ([asked, answered, ...others], said) => {
      assert.deepEqual([asked.role, answered.role, others], ["user", "assistant", []]);
      assert.deepEqual(asked.parts, [{ type: "text", text: said.prompt }]);
      const call = {
        ...{ type: "tool", tool: said.tool, status: "completed", input: said.input },
        output: said.output,
      };
      // What an agent calls a call on screen, and notes by itself, is its own.
      const parts = answered.parts.filter(({ type }) => type !== "note")
        .map((part) => part.type === "tool" ? { ...part, title: undefined } : part);
      assert.deepEqual(parts, [
        ...tells("thought") ? [{ type: "reasoning", text: said.thought }] : [],
        ...tells("tool") ? [{ ...call, title: undefined }] : [],
        { type: "text", text: said.answer },
      ]);
    }));

  if (tells("model")) {
    it("tells which model it was", () =>
      withConversation(tested, (messages, said, models) => {
        for (const model of [messages[1].model ?? "", ...models]) {
          assert.match(model, /^[^/]+\/./);
          assert.equal(model.slice(model.indexOf("/") + 1), said.model);
        }
        assert.equal(models.length, 1);
      }));
  }

  if (tells("tokens")) {
    it("counts the tokens that all of it took", () =>
      withConversation(tested, (messages, said, _, total) => {
        const shown = messages.flatMap(({ tokens }) => tokens ? [tokens] : [])
          .reduce(sumOfTokens, NO_TOKENS);
        for (const { input, output, cacheRead, cacheWrite } of [shown, total]) {
          assert.deepEqual({ input, output }, said.tokens);
          assert.deepEqual([cacheRead, cacheWrite], [0, 0]);
        }
      }));
  }
}

/** Archives a session, and looks at what its archive shows, and sums up. */
async function withConversation<Written extends WrittenSession>(
  tested: TestedAgent<Written>,
  look: (
    messages: TranscriptMessage[],
    said: MadeUp,
    models: readonly string[],
    tokens: typeof NO_TOKENS,
  ) => void,
): Promise<void> {
  await withSession(tested, async ({ agent, written, said }) => {
    const { native, summary } = await restorable(await archiveAll(agent), written.id);
    const messages = await all(agent.transcript(native()));
    look(messages, said, summary.models, summary.tokens);
  });
}
