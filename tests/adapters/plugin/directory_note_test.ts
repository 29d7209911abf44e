import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noteDirectory } from "../../../adapters/plugin/directory_note.ts";
import { othersDirectories } from "../../../adapters/state/assigned_directories.ts";
import { withFolder } from "../state/temporary.ts";
import { until } from "../../until.ts";
import { FakeClock } from "./fake_clock.ts";
import { fakeHost } from "./fake_host.ts";

const USUAL = "/home/me/usual.yaml";
const OWN = "/home/me/client.yaml";

/** Starts OpenCode in a directory that goes by one configuration, as a second one sees it. */
function withStates(
  body: (
    start: (config?: string) => {
      readonly clock: FakeClock;
      readonly host: ReturnType<typeof fakeHost>;
      readonly note: ReturnType<typeof noteDirectory>;
      readonly others: () => Promise<string[]>;
    },
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  return withFolder(async (root) => {
    const folder = join(root, "v1");
    await mkdir(join(folder, "usual"), { recursive: true });
    await body((config) => {
      const [clock, host] = [new FakeClock(), fakeHost()];
      const setup = { state: join(folder, "own"), configPath: config ?? USUAL, auto: true };
      const note = noteDirectory(host, { ...setup, named: config }, clock);
      return { clock, host, note, others: () => othersDirectories(join(folder, "usual"), USUAL) };
    }, folder);
  });
}

describe("the note of a directory", () => {
  it("is written a second after the start, and not at once", () =>
    withStates(async (start) => {
      const { clock, others } = start(OWN);
      await clock.pass(900);
      assert.deepEqual(await others(), []);
      await clock.pass(200);
      await until("it is there", async () => (await others()).length === 1);
      assert.deepEqual(await others(), ["/home/me/project"]);
    }));

  it("is written before OpenCode ends, however soon", () =>
    withStates(async (start) => {
      const { note, others } = start(OWN);
      await note.written();
      assert.deepEqual(await others(), ["/home/me/project"]);
    }));

  it("is taken back where OpenCode goes by the usual configuration again", () =>
    withStates(async (start) => {
      const { note, others } = start(OWN);
      await note.written();
      await start().note.written();
      assert.deepEqual(await others(), []);
    }));

  it("that cannot be written is told of, and keeps nothing from ending", () =>
    withStates(async (start, folder) => {
      await writeFile(join(folder, "directories"), "");
      const { note, host } = start(OWN);
      await note.written();
      assert.match(host.logged.join(), /^error: Other configurations may archive from here, too: /);
      assert.equal(host.logged.length, 1);
      await note.written();
      assert.equal(host.logged.length, 1);
    }));
});
