/**
 * Plain files on S3, on stores that can do everything and on such that can do little.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Archiver, type S3BackendOptions } from "@session-archiver/archiver";
import { EVERYTHING, fakeStore } from "../backends/s3/fake_store.ts";
import { LaidOutAgent, LAYOUT } from "./laid_out_agent.ts";

const STORES: Readonly<Record<string, S3BackendOptions["quirks"]>> = {
  "that can do everything": EVERYTHING,
  "without conditional writes and metadata": {
    ...{ createOnly: false, ifMatch: false },
    ...{ metadata: false, copy: false, copyParts: false, tags: false },
  },
};
const KEY = "laptop/raw/memory/a/one.jsonl";
const LONG = "x".repeat(9 << 20);

for (const [kind, quirks] of Object.entries(STORES)) {
  describe(`plain files on a store ${kind}`, () => {
    it("follow sessions small and large, and go with them", async () => {
      const { backend, dispose } = await fakeStore({ prefix: "team", quirks });
      try {
        const agent = new LaidOutAgent();
        const layouts = { [backend.name]: LAYOUT };
        const archiver = new Archiver({ agents: [agent], backends: [backend], layouts });
        for (const texts of [["a"], ["a", LONG], ["a", LONG, "b"], ["a", "b"]]) {
          agent.set({
            ...{ id: "one", projectPath: "/p", createdAt: "2026-01-31T12:00:00.000Z" },
            title: "file:a/one",
            messages: texts.map((text, at) => ({ id: `m${at}`, role: "user", text })),
          });
          for await (const { copies: [{ status, error }] } of archiver.archiveAll()) {
            assert.equal(status, "archived", String(error));
          }
          const { body } = await backend.get(KEY);
          const text = await new Response(body as BodyInit).text();
          assert.ok(text === texts.map((one) => `${one}\n`).join(""));
        }
        await archiver.delete("p/2026-01-31/one.json");
        await assert.rejects(backend.head(KEY), { code: "NotFound" });
      } finally {
        await dispose();
      }
    });
  });
}
