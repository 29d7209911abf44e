/**
 * What the tests of the state folder share: folders that vanish, entries, real processes, small and
 * read-only disks.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LedgerEntry } from "../../../core/ledger/ledger.ts";

/** Runs something with a folder of its own. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-state-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An entry that looks like a real one. */
export function entry(id: string, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const at = "2026-01-15T12:34:56.789Z";
  return {
    agent: "opencode",
    store: "/home/user/.local/share/opencode/opencode.db",
    id,
    backend: "s3:https://s3.example.com/my-archives/",
    state: "stored",
    token: `1758000000000.${id}`,
    key: `home_user_my-project/2026-01-15/${id}.json`,
    sha256: "ab".repeat(32),
    size: 123456,
    etag: `"${"cd".repeat(16)}"`,
    extent: {
      length: 120000,
      sha256: "ef".repeat(32),
      shape: ["info.id", "info.share.url", "info.time.created", "info.title", "todos.0.content"],
    },
    facts: {
      title: 'Größe „richtig" messen 📏 \\ \u0000\u2028',
      projectPath: "/home/user/my-project",
      createdAt: at,
      updatedAt: at,
      parentId: null,
      messages: 12,
    },
    ...changes,
  };
}

/** How long a process may take to say its next line, in milliseconds. */
const SILENCE_MS = 60_000;

/** A process that runs one of the scripts in `children/` and talks in lines. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(script: string, ...args: readonly string[]) {
    const file = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
    const flags = "Deno" in globalThis ? ["run", "-A", "--no-lock", "--no-config"] : [];
    this.process = spawn(process.execPath, [...flags, file, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = once(this.process, "exit");
    const { stdout } = this.process;
    if (stdout === null) throw new Error("the child has no output");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error("the child did not start");
    return pid;
  }

  /** The next line, or undefined after the last; fails when there is none for too long. */
  async line(): Promise<string | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`process ${this.pid} said nothing for ${SILENCE_MS} ms`));
      timer = setTimeout(fail, SILENCE_MS);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), silence]);
      return done ? undefined : value;
    } finally {
      clearTimeout(timer);
    }
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** Ends it at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
  }
}

/** The number of a process that is gone. */
export async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  if (child.pid === undefined) throw new Error("no process could be started");
  return child.pid;
}

/**
 * Mounts a disk of its own in a folder, where this user may.
 *
 * @returns Whether it could; `body` has run then.
 */
export async function withDisk(
  options: string,
  body: (disk: string, remount: (options: string) => void) => Promise<void>,
): Promise<boolean> {
  let mounted = false;
  await withFolder(async (folder) => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", disk], { stdio: "ignore" });
    } catch {
      return;
    }
    mounted = true;
    try {
      await body(disk, (how) => {
        execFileSync("mount", ["-o", `remount,${how}`, disk], { stdio: "ignore" });
      });
    } finally {
      execFileSync("umount", ["-l", disk], { stdio: "ignore" });
    }
  });
  return mounted;
}

/** An error as the system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
