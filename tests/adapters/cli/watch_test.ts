/**
 * `archive run --watch`, as a process of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { writeHome } from "../../agents/home.ts";
import { signal } from "../../processes.ts";
import { removeFolder } from "../../remove_folder.ts";
import { startTalking, type TalkingProcess } from "../../talking_process.ts";
import { environmentIn } from "../../throwaway_home.ts";
import { until } from "../../until.ts";
import { testedProgram } from "../plugin/own_program_for_tests.ts";
import { onStage } from "./stage.ts";

function start(env: Readonly<Record<string, string>>, ...argv: string[]): TalkingProcess {
  const { command, args, cwd, env: more } = testedProgram(process.env);
  const NODE_OPTIONS = process.env.NODE_OPTIONS ?? "";
  return startTalking(command, [...args, ...argv], { cwd, env: { ...env, NODE_OPTIONS, ...more } });
}

describe("archive run --watch", () => {
  it("archives what there is and then what changes, lets others work, and ends when it is told", async () => {
    const home = await mkdtemp(join(tmpdir(), "archive-watch-"));
    const env = environmentIn(home);
    const sessions = await writeHome(home, {
      ...{ project: "/home/me/project", prompt: "say hello" },
      ...{ output: "README.md", answer: "hello" },
    });
    const { child, said } = start(env, "run", "--watch");
    const saying = async () => await Promise.resolve(said());
    try {
      await until("it watches", () => /^watching the agents/m.test(said()), 60_000, saying);
      assert.match(said(), /^archived \d+ sessions/m);
      const [session] = sessions.filter(({ agent }) => agent === "codex");
      const folder = join(home, session.folders[0]);
      const [file] = (await readdir(folder, { recursive: true })).filter((name) =>
        name.endsWith(".jsonl")
      );
      await appendFile(join(folder, file), '{"type":"something new"}\n');
      const again = () => said().includes(`archived ${session.id} on default`);
      await until("the change is archived", again, 60_000, saying);
      const other = start(env, "run");
      const [code] = await once(other.child, "exit");
      assert.equal(code, 0, other.said());
      assert.match(other.said(), /asked to make way/);
      assert.match(other.said(), /none changed/);
      // Deno calls whatever it killed itself ended by that.
      signal(child.pid ?? 0, "SIGTERM");
      const [ended] = await once(child, "exit");
      assert.equal(ended, 0, said());
      assert.match(said(), /stopped by SIGTERM\n$/);
    } finally {
      child.kill("SIGKILL");
      await removeFolder(home);
    }
  });

  it("goes with nothing that leaves sessions out, or that is for one run", () =>
    onStage([], async ({ archive }) => {
      for (const option of ["--dry-run", "--json", "--session=x", "--backend=b", "--rescan"]) {
        const { code, stderr } = await archive(["run", "--watch", option]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /'--watch' cannot be used with option/);
      }
    }));
});
