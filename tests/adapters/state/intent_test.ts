import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashIn, intentName, intentText, parseIntent } from "../../../adapters/state/intent.ts";
import { isArchiveError } from "../../../core/errors.ts";
import fc from "../../properties.ts";

/** Sessions as any agent might name them, and as none should. */
const session = fc.record(
  {
    agent: fc.constantFrom("opencode", "codex", "claude-code", ""),
    store: fc.string({ unit: "binary" }).map((name) => `/home/user/${name}`),
    id: fc.oneof(
      fc.string({ unit: "binary", maxLength: 220 }),
      fc.stringMatching(/^ses_[A-Za-z0-9]{1,30}$/),
    ),
  },
  { noNullPrototype: true },
);
const times = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") })
  .map((date) => date.getTime());

describe("an intent", () => {
  it("says what it was made to say, or is not made", () =>
    fc.assert(
      fc.asyncProperty(session, fc.boolean(), times, async (one, now, writtenAt) => {
        const intent = { session: one, now, writtenAt };
        let text: string;
        try {
          text = intentText(intent);
        } catch (error) {
          assert.ok(isArchiveError(error, "Invalid"), `${error}`);
          return;
        }
        assert.deepEqual(await parseIntent(await intentName(one), text), intent);
      }),
      { numRuns: 500 },
    ));

  it("does not say anything when one byte of it has changed", () =>
    fc.assert(
      fc.asyncProperty(times, fc.nat(), fc.nat({ max: 127 }), async (writtenAt, where, code) => {
        const one = { agent: "opencode", store: "/home/user/opencode.db", id: "ses_1" };
        const text = intentText({ session: one, now: false, writtenAt });
        const at = where % text.length;
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const found = await parseIntent(await intentName(one), changed);
        // A time or a space may change unnoticed; which session is meant may not.
        if (found !== undefined) assert.deepEqual(found.session, one);
      }),
      { numRuns: 500 },
    ));

  it("has a name of its own each time, which begins alike for the same session only", async () => {
    const one = { agent: "opencode", store: "/home/user/opencode.db", id: "ses_1" };
    const [first, second] = [await intentName(one), await intentName(one)];
    assert.notEqual(first, second);
    assert.equal(hashIn(first), hashIn(second));
    for (const other of [{ agent: "codex" }, { store: "/other.db" }, { id: "ses_2" }]) {
      assert.notEqual(hashIn(await intentName({ ...one, ...other })), hashIn(first));
    }
  });
});
