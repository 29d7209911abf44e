import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { foldersBeside } from "../../../adapters/cli/prune_local/same_disk.ts";

async function inFolder(play: (folder: string) => Promise<void>, parent = tmpdir()) {
  const folder = await mkdtemp(join(parent, "same-disk-"));
  try {
    await play(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where another disk is mounted, if one is. */
async function anotherDisk(): Promise<string | undefined> {
  const disk = async (path: string) => await stat(path).then(({ dev }) => dev, () => undefined);
  const [own, other] = [await disk(tmpdir()), await disk("/dev/shm")];
  return other !== undefined && other !== own ? "/dev/shm" : undefined;
}

const bucket = { type: "s3" } as const;
const folderAt = (path: string) => ({ type: "file", path }) as const;

describe("copies on the disk of the sessions themselves", () => {
  it("are told where there are no others, also in folders that are still to be made", () =>
    inFolder(async (folder) => {
      const store = join(folder, "opencode.db");
      await mkdir(join(folder, "one"));
      const paths = [join(folder, "one"), join(folder, "two", "three")];
      assert.deepEqual(await foldersBeside(paths.map(folderAt), [store]), paths);
      assert.deepEqual(await foldersBeside([...paths.map(folderAt), bucket], [store]), []);
      assert.deepEqual(await foldersBeside([], [store]), []);
      assert.deepEqual(await foldersBeside(paths.map(folderAt), []), []);
    }));

  it("are none where one is on another disk", async (t) => {
    const other = await anotherDisk();
    if (other === undefined) return t.skip("there is no other disk");
    await inFolder((folder) =>
      inFolder(async (elsewhere) => {
        const copies = [folderAt(folder), folderAt(elsewhere)];
        assert.deepEqual(await foldersBeside(copies, [join(folder, "opencode.db")]), []);
      }, other)
    );
  });
});
