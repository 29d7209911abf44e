import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { inToolWords } from "../../../../adapters/plugin/tools/words.ts";

describe("what the program says is told a model", () => {
  const TOLD = {
    '--backend is "minio"; there is only default': 'backend is "minio"; there is only default',
    '--project is "~you", which': 'projectPath is "~you", which',
    "/c.yaml: does not exist, and --config names it":
      "/c.yaml: does not exist, and the plugin's option config names it",
    "restore it with new ids (in the terminal: --new-id)": "restore it with new ids (newId true)",
    "no session a is here; \"archive list --config '/my c.yaml'\" shows what is archived":
      "no session a is here; list_archives shows what is archived",
    "a is damaged; verify it, then archive its session again":
      "a is damaged; the user can mend it in a terminal: npx opencode-session-archiver verify, " +
      "then run",
    "TypeError: it is undefined (--debug shows where)": "TypeError: it is undefined",
    "b has a copy too (in the terminal: --backend b)":
      "b has a copy too (in the terminal: --backend b)",
  };
  for (const [said, told] of Object.entries(TOLD)) {
    it(`as: ${told}`, () => assert.equal(inToolWords(said), told));
  }
});
