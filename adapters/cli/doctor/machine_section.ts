/**
 * What the archive needs of this machine: a folder for its state, a ledger that can be read, and
 * room on the disk.
 *
 * @module
 */
import { constants } from "node:fs";
import { access, stat, statfs, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Finding } from "../../../core/backend.ts";
import { ArchiveError, asArchiveError } from "../../../core/errors.ts";
import { isNearlyFull } from "../../relay/free_space.ts";
import { errorCode, fileError } from "../../state/file_error.ts";
import { ledgerPath, lockPath } from "../../state/layout.ts";
import { FileLedger } from "../../state/ledger.ts";
import { lockHolder } from "../../state/lock_holder.ts";
import { countText, sizeText } from "../amounts.ts";

/**
 * Looks at the state's folder and at disks. Nothing is made that is not there.
 *
 * @param state The folder of the state; absolute.
 * @param archives Folders that archives go to; absolute.
 */
export async function examineMachine(
  state: string,
  archives: readonly string[],
): Promise<readonly Finding[]> {
  const found = await Promise.all([
    attempt("state folder", () => examineFolder(state)),
    attempt("ledger", () => examineLedger(ledgerPath(state))),
    attempt("running", () => examineLock(lockPath(state))),
    ...(await onePerDisk([state, ...archives])).map((folder) =>
      attempt("disk", () => examineDisk(folder))
    ),
  ]);
  return found.filter((one) => one !== undefined);
}

/** The nearest folders that exist, less those on a disk that is named already. */
async function onePerDisk(paths: readonly string[]): Promise<readonly string[]> {
  const folders = new Map<number | string, string>();
  for (const path of paths) {
    // What cannot be looked at is told when it is examined.
    const folder = await nearestFolder(path).catch(() => path);
    const disk = await stat(folder).then(({ dev }) => dev, () => folder);
    if (!folders.has(disk)) folders.set(disk, folder);
  }
  return [...folders.values()];
}

async function attempt(
  check: string,
  look: () => Promise<Omit<Finding, "check"> | undefined>,
): Promise<Finding | undefined> {
  try {
    const found = await look();
    return found && { check, ...found };
  } catch (thrown) {
    const error = asArchiveError(thrown);
    return { check, status: "failed", detail: error.message, advice: adviceFor(error), error };
  }
}

function adviceFor({ code }: ArchiveError): string {
  return code === "NotSupported"
    ? "use the later version of this program that wrote it"
    : "archiving needs the state folder: make it readable and writable for this user, or choose " +
      "another place by XDG_STATE_HOME";
}

async function examineFolder(path: string): Promise<Omit<Finding, "check">> {
  const there = await nearestFolder(path);
  if (!(await stat(there)).isDirectory()) {
    throw new ArchiveError("Invalid", `${there} is no folder, so that ${path} cannot be made`);
  }
  if (there !== path) {
    await named("cannot write to", there, () => access(there, constants.W_OK));
    return { status: "ok", detail: `${path} (made with the first run)` };
  }
  const trial = join(path, `.doctor-${crypto.randomUUID()}`);
  await named("cannot write to", path, async () => {
    await writeFile(trial, "", { flag: "wx", mode: 0o600 });
    await unlink(trial);
  });
  return { status: "ok", detail: `${path} is writable` };
}

async function examineLedger(path: string): Promise<Omit<Finding, "check">> {
  const ledger = await FileLedger.open(path, { readOnly: true });
  try {
    const entries = [...ledger.entries()].length;
    const said = entries === 0
      ? "nothing was archived from here yet"
      : `${countText(entries, "copy", "copies")} remembered`;
    if (ledger.damaged === 0) return { status: "ok", detail: said };
    return {
      status: "limited",
      detail: `${said}; ${countText(ledger.damaged, "line")} damaged in ${path}`,
      advice: "nothing is lost: the next run finds out again what they said; check the disk",
    };
  } finally {
    await ledger.close();
  }
}

/** Only worth a line when a command holds it; what a relay does is told where that belongs. */
async function examineLock(path: string): Promise<Omit<Finding, "check"> | undefined> {
  const holder = await nearestFolder(path) === path ? await lockHolder(path) : undefined;
  if (holder === undefined || holder.kind === "relay") return undefined;
  const { hostname, pid, purpose, since } = holder;
  return { status: "ok", detail: `process ${pid} on ${hostname} is ${purpose} since ${since}` };
}

async function examineDisk(path: string): Promise<Omit<Finding, "check">> {
  const disk = await named("cannot look at the disk of", path, () => statfs(path));
  const detail = `${sizeText(disk.bavail * disk.bsize)} free for ${path}`;
  if (!isNearlyFull(disk)) return { status: "ok", detail };
  const advice = "free some space: state and large documents under way need it, and nothing is " +
    "archived by itself into a folder on a disk that is nearly full";
  return { status: "limited", detail, advice };
}

/** The path itself, or the nearest folder above that exists. */
async function nearestFolder(path: string): Promise<string> {
  for (let at = path;; at = dirname(at)) {
    const isThere = await stat(at).then(() => true, (error) => {
      if (["ENOENT", "ENOTDIR"].includes(errorCode(error)) && dirname(at) !== at) return false;
      throw fileError(error, "cannot look at", at);
    });
    if (isThere) return at;
  }
}

async function named<T>(what: string, path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw fileError(error, what, path);
  }
}
