import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DocumentDigest } from "../../core/document/document.ts";
import { archiveMetadata, readMetadata } from "../../core/document/metadata.ts";
import fc from "../properties.ts";

function digest(title: string, projectPath: string, id: string): DocumentDigest {
  return {
    size: 1,
    sha256: "a".repeat(64),
    extent: { length: 0, sha256: "", shape: [] },
    prefixes: new Map(),
    header: {
      version: 1,
      agent: "opencode",
      id,
      projectPath,
      createdAt: "2026-01-01T00:00:00.000Z",
    },
    summary: {
      title,
      updatedAt: "2026-01-02T00:00:00.000Z",
      parentId: null,
      agentVersion: null,
      messages: 3,
      models: [],
      tokens: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
      cost: 0,
    },
  };
}

describe("archiveMetadata()", () => {
  it("is plain ASCII of at most 2 KB for any title, path and id", () => {
    const any = fc.string({ unit: "binary", maxLength: 2000 });
    const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 16 });
    fc.assert(fc.property(any, any, id, (title, path, id) => {
      const metadata = archiveMetadata(digest(title, path, id.toWellFormed()));
      const all = Object.entries(metadata).flat().join("");
      assert.match(all, /^[\x20-\x7e]*$/);
      assert.ok(all.length <= 2048, `${all.length} bytes`);
    }));
  });

  it("comes back as it went", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    fc.assert(fc.property(text, text, text, (title, path, id) => {
      const back = readMetadata(archiveMetadata(digest(title, path, id)));
      assert.equal(back?.facts.title, title);
      assert.equal(back?.facts.projectPath, path);
      assert.equal(back?.id, id);
      assert.equal(back?.facts.messages, 3);
    }));
  });

  it("cuts a long title at a character", () => {
    const { title } = archiveMetadata(digest("😀".repeat(500), "/p", "s"));
    assert.match(decodeURIComponent(title), /^(😀)+$/u);
  });

  it("leaves a long path out, since half a path misleads", () => {
    const metadata = archiveMetadata(digest("t", "/x".repeat(1000), "s"));
    assert.equal(metadata["project-path"], undefined);
    assert.equal(readMetadata(metadata), undefined);
  });
});

describe("readMetadata()", () => {
  it("takes nothing that is not whole", () => {
    assert.equal(readMetadata(undefined), undefined);
    assert.equal(readMetadata({ sha256: "x" }), undefined);
    const bad = { ...archiveMetadata(digest("t", "/p", "s")), title: "%" };
    assert.equal(readMetadata(bad), undefined);
  });
});
