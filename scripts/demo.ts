/**
 * Shows the product in a minute, without OpenCode: a throw-away home with made-up sessions is
 * archived, listed, read; a copy is damaged and found; a session is lost and put back. Everything
 * it makes lies in one temporary folder, which it removes.
 *
 * @module
 */
import { chmod, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { main } from "../adapters/cli/main.ts";
import { processTerminal } from "../adapters/cli/terminal.ts";
import { deleteSession } from "../tests/fixtures/opencode_edits.ts";
import { writeOpenCodeDatabase } from "../tests/fixtures/opencode_database.ts";
import { LANE_CONFIG } from "../tests/lane_config.ts";
import { OTHER_HOMES } from "../tests/throwaway_home.ts";

const home = await mkdtemp(join(tmpdir(), "session-archiver-demo-"));
const database = join(home, "data", "opencode", "opencode.db");
const archives = join(home, "data", "opencode-session-archiver", "archives");
const terminal = {
  ...processTerminal("deno task archive"),
  env: {
    ...process.env,
    ...Object.fromEntries(OTHER_HOMES.map((name) => [name, undefined])),
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    XDG_STATE_HOME: join(home, "state"),
    XDG_CONFIG_HOME: join(home, "config"),
    OPENCODE_DB: database,
    PATH: join(home, "bin"),
  },
};

let failures = 0;

/** Runs a command as a user would, and shows it. */
async function archive(args: string, expected = 0): Promise<void> {
  console.log(`\n\x1b[1m$ deno task archive ${args}\x1b[0m`);
  const code = await main(args.split(" "), terminal);
  if (code === expected) return;
  failures++;
  console.error(`that should have ended with ${expected}, and ended with ${code}`);
}

function tell(text: string): void {
  console.log(`\n\x1b[36m${text}\x1b[0m`);
}

/** OpenCode's part of a restore is played by a stand-in, so that the demo needs no OpenCode. */
async function writeStandIn(): Promise<void> {
  const script = fileURLToPath(new URL("../tests/fixtures/opencode_import.ts", import.meta.url));
  const config = fileURLToPath(new URL(`../${LANE_CONFIG}`, import.meta.url));
  const command = [process.execPath, "run", "-A", "-q", "--no-lock", "--config", config, script];
  const windows = process.platform === "win32";
  const file = join(home, "bin", windows ? "opencode.cmd" : "opencode");
  const quoted = command.map((word) => `"${word}"`).join(" ");
  await mkdir(join(home, "bin"));
  await writeFile(file, windows ? `@${quoted} %*\r\n` : `#!/bin/sh\nexec ${quoted} "$@"\n`);
  await chmod(file, 0o755);
}

try {
  const projects = [join(home, "shop"), join(home, "blog")];
  for (const project of projects) await mkdir(project);
  const sessions = await writeOpenCodeDatabase(database, {
    sessions: [{ count: 6, turns: 4, projects, children: 1, todos: 2 }],
  });
  await writeStandIn();
  const [lost] = sessions;
  const [damaged] = sessions.filter(({ parentId, id }) => parentId === null && id !== lost.id);

  tell(`A throw-away home in ${home}, where OpenCode has ${sessions.length} made-up sessions.`);
  await archive("run");
  tell("A second run finds nothing to do. A third would, too.");
  await archive("run");
  await archive("list --limit 5");
  await archive(`show ${lost.id}`);

  tell("Somebody damages a copy …");
  const copy = await fileOf(damaged.id);
  await writeFile(copy, (await readFile(copy, "utf8")).replace("role", "rule"));
  await archive("verify --all", 1);
  tell("… which the next run mends.");
  await archive("run");
  await archive("verify --all");

  tell(`OpenCode loses the session ${lost.id}. It comes back out of the archive.`);
  tell("(OpenCode's own import is played by a stand-in here.)");
  for (const { id, parentId } of sessions) {
    if (id === lost.id || parentId === lost.id) await deleteSession(database, id);
  }
  await archive(`restore ${lost.id}`);

  tell("That was all. On your own sessions: deno task archive");
} finally {
  await Deno.remove(home, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

async function fileOf(id: string): Promise<string> {
  for await (const project of Deno.readDir(archives)) {
    for await (const day of Deno.readDir(join(archives, project.name))) {
      const file = join(archives, project.name, day.name, `${id}.json`);
      if (await readFile(file).then(() => true, () => false)) return file;
    }
  }
  throw new Error(`${id} was not archived`);
}
