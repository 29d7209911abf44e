/**
 * That the plugin leaves OpenCode alone while large sessions are archived. How much exactly is what
 * `scripts/bench/plugin_*.ts` measures; here is what must hold on any machine.
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, describe, it } from "node:test";
import { writeOpenCodeDatabase } from "../fixtures/opencode_database.ts";
import { installedPlugin } from "./installed_plugin.ts";
import { measuredHost } from "./measured_host.ts";
import type { ArchivedDocument } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";

const BYTES = 50_000_000;
/** Reading, encoding and writing it in a process of its own, on a slow machine, in milliseconds. */
const ARCHIVED_MS = 60_000;

describe("what the plugin costs a real OpenCode", () => {
  const { home, serve } = pluginHomes(afterEach);

  for (
    const { messages, turns } of [{ messages: 2_000, turns: 1_000 }, { messages: 50, turns: 25 }]
  ) {
    it(`a session of 50 MB in ${messages} messages arrives whole, and prompts are answered meanwhile`, async () => {
      const where = await home();
      const project = await where.project("large");
      await mkdir(dirname(where.database), { recursive: true });
      const [{ id }] = await writeOpenCodeDatabase(where.database, {
        sessions: [{ bytesPerSession: BYTES, turns, projects: [project] }],
      });
      const server = await serve(where, project);
      const small = await server.create(project);
      await server.prompt(project, id, "go on");
      const document = await where.until("the large session is archived", async () => {
        // One that is not answered ends the test.
        await server.prompt(project, small, "meanwhile");
        return await where.document(id);
      }, ARCHIVED_MS);
      assert.equal(document.native.messages.length, messages + 2);
      assert.ok(JSON.stringify(document.native).length >= BYTES * 0.9);
      const exported = await where.export(id) as ArchivedDocument["native"];
      // What OpenCode still writes about the last turn when it is idle comes with a later look.
      const whole = (native: ArchivedDocument["native"]) =>
        JSON.stringify(native.messages.slice(0, messages));
      assert.ok(whole(document.native) === whole(exported), "not what OpenCode exports");
    });
  }

  it("its event handler returns at once, whatever the event", async () => {
    const { events, idles, intents } = await measuredHost(await installedPlugin());
    const middle = (values: readonly number[]) =>
      values.toSorted((a, b) => a - b)[values.length >> 1];
    assert.ok(events.length > 0 && intents.length > 0);
    assert.ok(middle(events) <= 1, `${middle(events)} ms an event`);
    assert.ok(middle(idles) <= 1, `${middle(idles)} ms an idle event`);
  });
});
