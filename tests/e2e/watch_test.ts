/**
 * `archive run --watch` beside the real OpenCode, which has no plugin.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import type { EntryJson } from "../../adapters/cli/entry_json.ts";
import { signal } from "../processes.ts";
import { until } from "../until.ts";
import { type ArchiveCommand, archiveIn } from "./archive_command.ts";
import { type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

describe("archive run --watch beside OpenCode", () => {
  let home: OpenCodeHome;
  let archive: ArchiveCommand;
  let project: string;

  before(async () => {
    home = await startOpenCodeHome();
    archive = archiveIn(home);
    project = await home.project("one");
    await home.run(project, "hello");
  });

  after(async () => await home?.close());

  it("archives a new session soon after its turn", async () => {
    const { child, said } = archive.start("run", "--watch");
    const telling = async () => await Promise.resolve(said());
    try {
      await until("it watches", () => /^watching the agents/m.test(said()), 60_000, telling);
      assert.match(said(), /^archived 1 session/m);
      await home.run(project, "hello again");
      const id = await until(
        "the session is archived",
        () => /^archived (ses_\w+) on default/m.exec(said())?.[1],
        45_000,
        telling,
      );
      const listed = await archive.json<EntryJson[]>("list");
      assert.equal(listed.length, 2);
      assert.ok(listed.some((entry) => entry.id === id && entry.agent === "opencode"));
    } finally {
      signal(child.pid ?? 0, "SIGTERM");
      const [code] = await once(child, "exit");
      assert.equal(code, 0, said());
    }
  });
});
