import assert from "node:assert/strict";
import { it } from "node:test";
import { MemoryBackend } from "../../backends/memory.ts";
import { Archiver } from "../../core/archiver.ts";
import { MemoryAgent } from "../../core/memory_agent.ts";

it("archives first what an agent will delete first, of whatever agent", async () => {
  const [keeping, deleting] = [new MemoryAgent("keeping"), new MemoryAgent("deleting")];
  const common = { projectPath: "/home/me/project", createdAt: "2026-01-31T12:00:00.000Z" };
  const set = (agent: MemoryAgent, id: string, deletedAt?: string) =>
    agent.set({ ...common, id, deletedAt, messages: [{ id, role: "user", text: id }] });
  set(keeping, "kept-1");
  set(keeping, "kept-2");
  set(deleting, "late", "2026-03-02T12:00:00.000Z");
  set(deleting, "soon", "2026-02-01T12:00:00.000Z");
  const loaded: string[] = [];
  for (const agent of [keeping, deleting]) {
    const load = agent.load.bind(agent);
    agent.load = (session) => {
      loaded.push(session.id);
      return load(session);
    };
  }
  const archiver = new Archiver({ agents: [keeping, deleting], backends: [new MemoryBackend()] });
  for await (const _ of archiver.archiveAll({ concurrency: 1 }));
  assert.deepEqual(loaded, ["soon", "late", "kept-1", "kept-2"]);
});
