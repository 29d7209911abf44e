/**
 * The plugin in a real OpenCode whose configuration vanishes: what a rule kept at home stays there, by
 * itself and by the tool, and all else waits until the file is back.
 */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pluginHomes } from "./plugin_homes.ts";
import { echo, type OpenCodeHome } from "./real_opencode.ts";

describe("the plugin in a real OpenCode whose configuration is gone", () => {
  const { home, serve } = pluginHomes(after);

  const yaml = ({ folder }: OpenCodeHome) =>
    `backends:
  disk:
    type: file
    path: ~/mirror
rules:
  - match: ${folder}/projects/private
    archive: false
archive:
  minInterval: 1s
`;
  const reply = (prompt: string) =>
    prompt.startsWith("CALL ") ? { tool: prompt.slice("CALL ".length), input: {} } : echo(prompt);

  it("archives nothing into the default folder, and goes on when it is back", async () => {
    const where = await home({ yaml, reply });
    const [hidden, open] = [await where.project("private"), await where.project("open")];
    const server = await serve(where, open);
    const secret = await server.create(hidden);
    await server.prompt(hidden, secret, "nobody may know this");
    await where.until(
      "the private session is left alone",
      async () => (await where.relayLog()).includes(`left ${secret} alone`),
    );

    await rm(where.configFile);
    const session = await server.create(open);
    await server.prompt(open, session, "hello");
    const problem = async () => (await where.status())?.config.problem;
    assert.match(await where.until("that is said", problem) ?? "", /is gone.*put it back/);
    await server.prompt(hidden, secret, "CALL archive_session");
    const at = `/session/${secret}/message?directory=${encodeURIComponent(hidden)}`;
    assert.match(
      JSON.stringify(await server.request("GET", at)),
      /is gone, so that nothing is archived; put it back/,
    );
    assert.deepEqual(await where.keys(), []);

    await writeFile(where.configFile, yaml(where));
    const mirror = join(where.folder, "mirror");
    await where.until("what waited is archived", () => where.document(session, mirror));
    await where.until("nothing waits", async () => await where.waiting() === 0);
    assert.deepEqual(await where.keys(), []);
    assert.equal(await where.document(secret, mirror), undefined);
  });
});
