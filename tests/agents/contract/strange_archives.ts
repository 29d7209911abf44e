/**
 * Archives that say something else than was archived: a store may be anybody's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { relative, sep } from "node:path";
import { it } from "node:test";
import type { RestorableArchive } from "../../../core/agent.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { all, archiveAll, linesOf, restorable, withSession } from "./archived.ts";
import { filesIn } from "./in_home.ts";
import { NEVER } from "./secrets.ts";
import type { TestedFileAgent } from "./tested.ts";

/** Paths from a home, made of a good one, to where no session belongs. */
const PLACES: Readonly<Record<string, (path: string) => string>> = {
  "out of the home": () => "../../.bashrc",
  "anywhere": () => "/etc/passwd",
  "up and out": (path) => `${folderOf(path)}/${"../".repeat(20)}tmp/${nameOf(path)}`,
  "up and in again": (path) => `${folderOf(path)}/../${path}`,
  "backslashes": (path) => path.replaceAll("/", "\\"),
  "backslashes up": (path) => `${folderOf(path)}/..\\..\\${nameOf(path)}`,
  "another ending": (path) => path.replace(/\.\w+$/, ".sh"),
  "no ending": (path) => path.replace(/\.\w+$/, ""),
  "a folder's": (path) => folderOf(path),
  "nothing's": () => "",
  "a zero in it": (path) => `${path}\0`,
};

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Tests that nothing is written where it does not belong. */
export function refusesStrangeArchives(tested: TestedFileAgent): void {
  const refusesPlaces = (placesFor: (path: string) => readonly string[]) =>
    withSession(tested, async ({ home, agent, written }) => {
      const archive = await restorable(await archiveAll(agent), written.id);
      const path = relative(home, written.path).split(sep).join("/");
      await rm(written.path);
      for (const place of placesFor(path)) {
        await refuses(tested, home, await moved(archive, path, place));
      }
    });

  for (const [what, placeFor] of Object.entries(PLACES)) {
    it(`brings no session to where none belongs: ${what}`, () =>
      refusesPlaces((path) => [placeFor(path)]));
  }

  it("brings no session to where its agent keeps something else", () =>
    refusesPlaces(() => tested.elsewhere ?? []));

  it("brings no session to a name that is never archived", () =>
    refusesPlaces((path) => NEVER.map((name) => `${folderOf(path)}/${name}`)));

  for (const id of ["..", "../x", "/etc/passwd", "a\\b", ""]) {
    it(`brings back no session that is called ${JSON.stringify(id)}`, () =>
      withSession(tested, async ({ home, agent, written }) => {
        const archive = await restorable(await archiveAll(agent), written.id);
        await rm(written.path);
        await refuses(tested, home, { ...archive, id });
        const lines = (await all(archive.native())).map((line) => line.replaceAll(written.id, id));
        await refuses(tested, home, { ...archive, id, native: () => linesOf(lines) });
      }));
  }
}

/**
 * An archive that names another path.
 *
 * @param archive The archive.
 * @param from The path that it names.
 * @param to The other one.
 */
export async function moved(
  archive: RestorableArchive,
  from: string,
  to: string,
): Promise<RestorableArchive> {
  const before = await all(archive.native());
  const lines = before.map((line) => line.replaceAll(JSON.stringify(from), JSON.stringify(to)));
  assert.notDeepEqual(lines, before, "the archive does not name the path of its file");
  return { ...archive, native: () => linesOf(lines) };
}

/** Nothing is written, and it is said why. */
export async function refuses(
  tested: TestedFileAgent,
  home: string,
  archive: RestorableArchive,
): Promise<void> {
  const before = await filesIn(home);
  const [outcome] = await tested.open(home).restore!([archive]);
  assert.equal(outcome.status, "failed", JSON.stringify(outcome));
  assert.ok(isArchiveError(outcome.error), String(outcome.error));
  assert.deepEqual(await filesIn(home), before);
}
