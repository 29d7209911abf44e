/**
 * Files that no archive ever holds.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isNeverCaptured } from "../../../../adapters/agents/files/never.ts";

const NEVER = [
  ...[
    "/p/.env",
    "/p/.envrc",
    "/p/.env-prod",
    "/p/.ENV.local",
    "/p/.env~",
    "/p/.env.d/one",
    "/p/.env ",
  ],
  ...["/home/me/.aws/credentials", "/home/me/.aws/config", "/home/me/.ssh/known", "a/credentials"],
  ...[
    "/p/id_rsa",
    "/p/id_ed25519_sk",
    "/p/id_rsa.bak",
    "/p/server.pem.",
    "/p/SERVER.KEY",
    "/p/_netrc",
  ],
  ...["/home/me/.config/gh/hosts.yml", "/home/me/.copilot/config.json", "/p/credentials.json.bak~"],
  ...["C:\\p\\.env", "C:\\Users\\me\\.ssh\\id_rsa", "..\\.npmrc"],
];
const CAPTURED = [
  ...[
    "/p/environment.ts",
    "/p/env",
    "/p/id_rsa.pub",
    "/p/keys.ts",
    "/p/authors.json",
    "/p/hosts.yml",
  ],
  ...[
    "tmp/credentials/chats/session-2026-01-31T12-00-5d1e7f00.jsonl",
    "files/config.json",
    "/p/a.envelope",
  ],
];

describe("a file that holds what lets somebody in", () => {
  for (const path of NEVER) {
    it(`is never captured: ${JSON.stringify(path)}`, () => assert.ok(isNeverCaptured(path)));
  }

  for (const path of CAPTURED) {
    it(`is not ${JSON.stringify(path)}`, () => assert.ok(!isNeverCaptured(path)));
  }
});
