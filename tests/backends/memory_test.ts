import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBackend } from "../../backends/memory.ts";
import { testBackend } from "./contract.ts";

testBackend("memory", () => Promise.resolve({ backend: new MemoryBackend() }));

test("memory with pages of 3: a listing is cut into pages that hold keys and prefixes", async () => {
  const backend = new MemoryBackend({ pageSize: 3 });
  for (const key of ["a/1", "a/2", "b", "c", "d/1", "e", "f/1", "g"]) {
    await backend.put(key, new Uint8Array(1));
  }
  const pages = [];
  for await (const { objects, prefixes } of backend.list({ delimiter: "/" })) {
    pages.push([objects.map(({ key }) => key), prefixes]);
  }
  assert.deepEqual(pages, [[["b", "c"], ["a/"]], [["e"], ["d/", "f/"]], [["g"], []]]);
});

test("memory: two instances are two places", () => {
  assert.notEqual(new MemoryBackend().identity, new MemoryBackend().identity);
});

test("memory: an object deleted while a listing runs is left out of it", async () => {
  const backend = new MemoryBackend({ pageSize: 1 });
  for (const key of ["a", "b", "c"]) await backend.put(key, new Uint8Array(1));
  const seen = [];
  for await (const { objects } of backend.list()) {
    seen.push(...objects.map(({ key }) => key));
    await backend.delete("b");
  }
  assert.deepEqual(seen, ["a", "c"]);
});
