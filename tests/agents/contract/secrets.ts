/**
 * What is never archived, wherever it lies: what lets somebody in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { it } from "node:test";
import type { MemoryBackend } from "../../../backends/memory.ts";
import { bytesOf } from "../../../core/streams.ts";
import { all, archiveAll, withSession } from "./archived.ts";
import { put } from "./in_home.ts";
import type { TestedFileAgent } from "./tested.ts";

/** Names of such files. */
export const NEVER: readonly string[] = [
  ...["auth.json", "credentials.json", ".credentials.json", "oauth_creds.json", "mcp-auth.json"],
  ...["credentials", "credentials.json.bak", "auth.toml"],
  ...[".env", ".env.local", ".ENV", ".envrc", ".env-prod", ".env~", ".env "],
  ...[".netrc", "_netrc", ".npmrc", ".git-credentials"],
  ...[
    "id_rsa",
    "id_ed25519",
    "id_ed25519_sk",
    "id_rsa.bak",
    "server.pem",
    "server.key",
    "store.p12",
  ],
  ...["server.pem.", "server.key "],
];
const SECRET = "hunter2-hunter2";

/** Tests that no archive has it. */
export function keepsSecrets(tested: TestedFileAgent): void {
  it("archives nothing that lets somebody in", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const folders = [home, dirname(written.path)];
      if (tested.beside) folders.push(dirname(tested.beside(written, "x")));
      for (const folder of folders) {
        for (const name of NEVER) await put(join(folder, name), SECRET);
        for (const inner of [".env.d", ".aws", ".ssh"]) {
          await put(join(folder, inner, "one"), SECRET);
        }
        await put(join(folder, "gh", "hosts.yml"), SECRET);
      }
      if (tested.beside) await put(tested.beside(written, "kept.txt"), "kept");
      const { keys, backend } = await archiveAll(agent);
      assert.ok(keys.has(written.id));
      const text = await textIn(backend);
      assert.ok(text.includes("say hello") && !text.includes(SECRET));
      if (tested.beside) assert.ok(text.includes("kept.txt"));
    }));
}

/** All that a backend holds. */
async function textIn(backend: MemoryBackend): Promise<string> {
  const texts: string[] = [];
  for (const { objects } of await all(backend.list())) {
    for (const { key } of objects) {
      texts.push(new TextDecoder().decode(await bytesOf((await backend.get(key)).body)));
    }
  }
  return texts.join();
}
