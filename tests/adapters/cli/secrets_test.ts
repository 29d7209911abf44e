import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { onStage, session, type Shown, type Stage } from "./stage.ts";

/** Stands in all that is secret, and must stand in nothing that is shown or kept. */
const MARKER = "Xq9secretXq9";
const SECRET = `${MARKER}/wJalrXUtnFEMI+K7MDENG`;
const TOKEN = `${MARKER}/IQoJb3JpZ2luX2VjE`;

const COMMANDS: readonly (readonly string[])[] = [
  ["run"],
  ["run", "--dry-run", "--verbose"],
  ["list"],
  ["show", "one"],
  ["get", "home_me_project/2026-01-31/one.json"],
  ["restore", "one"],
  ["verify", "--all"],
  ["verify", "one"],
  ["delete", "one", "--yes"],
  ["explain"],
];
const STYLES: readonly (readonly string[])[] = [[], ["--json"], ["--debug"]];

function assertNoSecret({ stdout, stderr }: Shown, what: string): void {
  assert.ok(!(stdout + stderr).includes(MARKER), `${what} shows it:\n${stdout}${stderr}`);
}

async function assertNoSecretIn(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), "utf8");
    assert.ok(!text.includes(MARKER), `${entry.name} holds it`);
  }
}

/** Runs every command in every style; none may succeed in telling. */
async function playAll(stage: Stage, env: Record<string, string> = {}): Promise<Shown[]> {
  const all: Shown[] = [];
  for (const command of COMMANDS) {
    for (const style of STYLES) {
      const argv = [...command, ...style];
      const shown = await stage.archive(argv, { env });
      assertNoSecret(shown, argv.join(" "));
      all.push(shown);
    }
  }
  return all;
}

describe("secrets of the configuration", () => {
  const WRONG: readonly [what: string, yaml: string][] = [
    ["a misspelt key", `credentials: {accessKeyId: AK, secretAccesKey: "${SECRET}"}`],
    ["a missing key", `credentials: {secretAccessKey: "${SECRET}"}`],
    ["a text in place of a map", `credentials: "${SECRET}"`],
    ["a list in place of a text", `credentials: {accessKeyId: AK, secretAccessKey: ["${SECRET}"]}`],
    ["a key in a wrong place", `secretAccessKey: "${SECRET}"`],
    ["a key as a key", `credentials: {accessKeyId: AK, "${SECRET}": x}`],
    ["a broken line", `credentials: {accessKeyId: AK, secretAccessKey: "${SECRET}`],
    ["a tab", `credentials:\n\t\tsecretAccessKey: ${SECRET}`],
    ["a password in an address", `endpoint: "https://me:${MARKER}@127.0.0.1:9"`],
    [
      "a variable",
      `prefix: "\${NOT_SET}"\n    credentials: {accessKeyId: 1, secretAccessKey: "\${S}"}`,
    ],
  ];
  for (const [what, yaml] of WRONG) {
    it(`are not told when it is wrong: ${what}`, () =>
      onStage([session("one")], async (stage) => {
        await stage.configure(`backends:\n  s:\n    type: s3\n    bucket: archives\n    ${yaml}\n`);
        for (const { code } of await playAll(stage, { S: SECRET })) assert.equal(code, 2);
      }));
  }
});

describe("secrets of a backend that fails", () => {
  let server: Server;
  let port = 0;
  before(async () => {
    // What S3 says of a token that it does not know has the token in it.
    server = createServer((request, response) => {
      const token = String(request.headers["x-amz-security-token"] ?? "");
      request.resume();
      response.writeHead(403, { "content-type": "application/xml" });
      response.end(
        '<?xml version="1.0"?><Error><Code>InvalidToken</Code>' +
          "<Message>The provided token is malformed or otherwise invalid.</Message>" +
          `<Token-0>${token}</Token-0><RequestId>1</RequestId></Error>`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  const BACKENDS: readonly [what: string, endpoint: () => string, keys: string][] = [
    ["refuses", () => `http://127.0.0.1:${port}`, `{secretAccessKey: "${SECRET}"`],
    ["is not there", () => "http://127.0.0.1:1", `{secretAccessKey: "${SECRET}"`],
    ["has its keys in variables", () => `http://127.0.0.1:${port}`, '{secretAccessKey: "${S}"'],
  ];
  for (const [what, endpoint, keys] of BACKENDS) {
    it(`are shown by no command and kept in no file when it ${what}`, () =>
      onStage([session("one")], async (stage) => {
        await stage.configure(`
backends:
  s3:
    type: s3
    bucket: archives
    region: us-east-1
    forcePathStyle: true
    endpoint: ${endpoint()}
    credentials: ${keys}, accessKeyId: AKIDEXAMPLE, sessionToken: "${TOKEN}"}
  disk: {type: file, path: ~/disk}
rules: [{match: /home/**, backend: [s3, disk]}]
default: s3
`);
        const shown = await playAll(stage, { S: SECRET });
        assert.ok(shown.some(({ code }) => code === 1), "something failed");
        await assertNoSecretIn(join(stage.home, "state"));
        await assertNoSecretIn(join(stage.home, "disk"));
      }));
  }
});
