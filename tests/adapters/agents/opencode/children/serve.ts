/**
 * What stands in for `opencode serve`: it deletes sessions as OpenCode does, and is as difficult as
 * `SERVE` in its environment says.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { editDatabase } from "../../../../fixtures/opencode_edits.ts";

const { OPENCODE_DB = "", OPENCODE_SERVER_USERNAME = "opencode", SERVE, STAGE = "" } = process.env;
const secret = `${OPENCODE_SERVER_USERNAME}:${process.env.OPENCODE_SERVER_PASSWORD}`;

await writeFile(join(STAGE, "pid"), String(process.pid));

const server = createServer(async ({ method, url = "", headers, socket }, response) => {
  const answer = (status: number, text: string) => response.writeHead(status).end(text);
  if (headers.authorization !== `Basic ${btoa(secret)}`) return answer(401, "");
  const id = /^\/session\/(\w+)$/.exec(url)?.[1];
  if (method !== "DELETE" || id === undefined || SERVE === "refuses") return answer(500, "no");
  await deleteSession(id);
  if (SERVE === "hangs up") return socket.destroy();
  answer(200, "true");
});

if (SERVE === "says nothing") setInterval(() => {}, 1_000);
else {
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    const said = `opencode server listening on http://127.0.0.1:${port}\n`;
    if (SERVE !== "chatters") return process.stdout.write(said);
    process.stdout.write("a proxy at http://127.0.0.1:9 is not used\n" + said.slice(0, -3));
    setTimeout(() => process.stdout.write(said.slice(-3)), 50);
  });
}

async function deleteSession(id: string): Promise<void> {
  await editDatabase(OPENCODE_DB, (database) => {
    const children = database.prepare("SELECT id FROM session WHERE parent_id = ?");
    const family = [id];
    for (const one of family) family.push(...children.all(one).map((row) => String(row.id)));
    const remove = database.prepare("DELETE FROM session WHERE id = ?");
    for (const one of family) remove.run(one);
  });
}
