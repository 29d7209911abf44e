import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { configJsonSchema } from "../../../adapters/config/json_schema.ts";

interface Node {
  readonly [key: string]: unknown;
}

/** All parts of a schema that are maps. */
function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const inner of Object.values(value)) yield* nodes(inner);
}

describe("docs/config.schema.json", () => {
  const schema: Node = JSON.parse(configJsonSchema());

  // Other runtimes are given the sources alone.
  const skip = !("Deno" in globalThis);

  it("is what the schema generates; else run scripts/config_schema.ts", { skip }, async () => {
    const file = new URL("../../../docs/config.schema.json", import.meta.url);
    assert.equal(await readFile(file, "utf8"), configJsonSchema());
  });

  it("refuses unknown keys everywhere but in maps by name", () => {
    const open = [...nodes(schema)]
      .filter((node) => node.type === "object" && node.additionalProperties !== false)
      .map((node) => node.description);
    assert.deepEqual(open, [
      "Where archives are stored, by name.",
      "Tags of what is written; up to ten.",
    ]);
  });

  it("lets a variable stand where a text is restricted", () => {
    let restricted = 0;
    for (const node of nodes(schema)) {
      if (node.type !== "string") continue;
      const isKey = node.pattern !== undefined;
      const alternatives = node.anyOf as readonly Node[] | undefined;
      if (alternatives === undefined) continue;
      restricted++;
      assert.ok(!isKey && alternatives.some(({ pattern }) => pattern === "\\$\\{"));
    }
    assert.ok(restricted > 10, `${restricted}`);
  });

  it("has patterns that every editor's engine takes", () => {
    for (const { pattern } of nodes(schema)) {
      if (typeof pattern === "string") assert.ok(new RegExp(pattern, "u"));
    }
  });

  it("describes every key, and says the defaults as they are written", () => {
    const { properties } = schema as { properties: Record<string, Node> };
    const { archive } = properties as { archive: { properties: Record<string, Node> } };
    const defaults = Object.entries(archive.properties).map(([key, node]) => [key, node.default]);
    assert.deepEqual(Object.fromEntries(defaults), {
      auto: true,
      history: false,
      minInterval: "10s",
      waitOnExit: "4s",
      compress: "none",
    });
    for (const [key, node] of Object.entries(archive.properties)) assert.ok(node.description, key);
  });
});
