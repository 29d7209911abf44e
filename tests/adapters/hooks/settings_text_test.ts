import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { fieldsOf } from "../../../core/fields.ts";
import { foundHooks } from "../../../adapters/hooks/found_hooks.ts";
import { jsonTree } from "../../../adapters/hooks/json_tree.ts";
import { newSettings, wantedHooks } from "../../../adapters/hooks/settings.ts";
import { withHooks, withoutHooks } from "../../../adapters/hooks/settings_text.ts";

/** A place of the program's. */
function placeAt(folder: string) {
  const script = new URL(`file://${folder}/esm/adapters/cli/bin.js`);
  return { platform: "linux", script, runtime: { execPath: "/usr/bin/node", versions: {} } };
}

const WANTED = wantedHooks("claude-code", placeAt("/opt/archiver"));
const EVENTS = Object.keys(WANTED);
const OTHER = `{ "hooks": [{ "type": "command", "command": "say done" }] }`;

/** Settings as people have them. */
const SETTINGS: Readonly<Record<string, string>> = {
  "that hold nothing": "{}",
  "that hold nothing, in lines": "{\n}\n",
  "on one line": `{"model":"opus","permissions":{"allow":[]}}`,
  "in lines": `{\n  "model": "opus",\n  "n": 1.0\n}\n`,
  "with tabs, and no end of the last line": `{\n\t"b": 1,\n\t"a": 2\n}`,
  "with the line ends of Windows": `{\r\n    "model": "opus"\r\n}\r\n`,
  "with a mark of their encoding": `\ufeff{\n  "model": "opus"\n}\n`,
  "with comments": `// mine\n{\n  /* one */ "a": 1, // two\n  "b": 2 // three\n  // four\n}\n`,
  "with a comma behind the last": `{\n  "a": [1, 2,],\n  "b": { "c": 1, },\n}\n`,
  "with no hooks in their place": `{\n  "hooks": {}\n}\n`,
  "with no hooks at an event": `{\n  "hooks": { "Stop": [] }\n}\n`,
  "with hooks": `{\n  "hooks": {\n    "Stop": [\n      ${OTHER}\n    ]\n  },\n  "z": 1\n}\n`,
  "with hooks on one line": `{"hooks":{"Stop":[${OTHER}],"PreToolUse":[${OTHER}]}}`,
  "with a key twice": `{\n  "hooks": {},\n  "a": "}",\n  "hooks": { "Stop": [${OTHER}] }\n}\n`,
  "with what looks like the end": `{\n  "a": "\\"]} // */",\n  "__proto__": {}\n}\n`,
};

describe("putting hooks into settings", () => {
  for (const [what, text] of Object.entries(SETTINGS)) {
    it(`adds one at each event to settings ${what}, and takes them out to the character`, () => {
      const installed = withHooks(text, WANTED);
      const found = foundHooks(installed).map(({ event }) => event);
      assert.deepEqual(found.toSorted(), EVENTS.toSorted());
      assert.equal(withHooks(installed, WANTED), installed, "again");
      assert.equal(withoutHooks(installed), text);
    });

    it(`leaves nothing but what was there in settings ${what} that were written anew meanwhile`, () => {
      const anew = JSON.stringify(jsonTree(withHooks(text, WANTED)).value, null, 2);
      const left = withoutHooks(anew);
      assert.deepEqual(withoutEmpty(left ?? "{}"), withoutEmpty(text));
    });
  }

  it("makes settings that go when the hooks do", () => {
    const made = newSettings("claude-code", WANTED);
    assert.equal(withHooks(made, WANTED), made);
    assert.equal(withoutHooks(made), undefined);
  });

  it("is JSON afterwards where it was before", () => {
    for (const text of Object.values(SETTINGS)) {
      if (/\/[/*]|,\s*[\]}]|\ufeff/.test(text)) continue;
      assert.doesNotThrow(() => JSON.parse(withHooks(text, WANTED)), text);
    }
  });

  it("comes behind what is there, since Codex remembers by place what it trusts", () => {
    const installed = JSON.parse(withHooks(SETTINGS["with hooks"], WANTED));
    assert.equal(installed.hooks.Stop[0].hooks[0].command, "say done");
    assert.deepEqual(installed.hooks.Stop[1], WANTED.Stop);
  });

  it("sets right a command of this program's that has moved, where it stands", () => {
    const old = withHooks(SETTINGS["with hooks"], wantedHooks("claude-code", placeAt("/old")));
    const both = old.replace(OTHER, OTHER.replace("say done", "say that"));
    const moved = withHooks(both, WANTED);
    assert.doesNotMatch(moved, /\/old\//);
    assert.match(moved, /say that/);
    assert.equal(withoutHooks(moved), SETTINGS["with hooks"].replace("say done", "say that"));
  });

  it("takes only its own out of a list that somebody put together", () => {
    const [own] = (WANTED.Stop as { hooks: unknown[] }).hooks;
    const text = JSON.stringify({
      hooks: { Stop: [{ matcher: "", hooks: [{ command: "say done" }, own] }] },
    });
    assert.deepEqual(JSON.parse(withoutHooks(text) ?? ""), {
      hooks: { Stop: [{ matcher: "", hooks: [{ command: "say done" }] }] },
    });
  });

  it("keeps what was added between its own", () => {
    const text = withHooks("{}", WANTED).replace('"Stop": [', `"Stop": [${OTHER}, `);
    const left = JSON.parse(withoutHooks(text) ?? "");
    assert.deepEqual(left, { hooks: { Stop: [JSON.parse(OTHER)] } });
  });

  for (
    const text of ["", "[]", "{", "{} {}", `{"a" 1}`, `{"hooks": []}`, `{"hooks": {"Stop": 1}}`]
  ) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => withHooks(text, WANTED), SyntaxError);
    });
  }
});

/** What settings say, without lists of hooks that hold none. */
function withoutEmpty(text: string): unknown {
  const { hooks, ...others } = fieldsOf(jsonTree(text).value);
  const filled = Object.entries(fieldsOf(hooks))
    .filter(([, list]) => Array.isArray(list) && list.length > 0);
  return filled.length === 0 ? others : { ...others, hooks: Object.fromEntries(filled) };
}
