/**
 * Does what a host or a relay does, and kills itself at one step of it. What the program offers to
 * look in from outside is wrapped; the program itself knows nothing of it.
 * Arguments: the step; for those of an intent also the state's folder, the store and the session.
 */
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { outboxFolder } from "../../../adapters/state/layout.ts";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { RelayLog } from "../../../adapters/state/relay_log.ts";
import { S3Backend } from "../../../backends/s3.ts";
import type { IntentStep, RelayStep } from "../crash_steps.ts";

const [step = "", state = "", store = "", id = ""] = process.argv.slice(2);

/** The end; nothing comes after it. */
async function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return await new Promise<never>(() => {});
}

/** What every open file can do, for this process. */
async function handles(): Promise<FileHandle> {
  const handle = await open(tmpdir(), "r");
  await handle.close();
  return Object.getPrototypeOf(handle);
}

const INTENT: Readonly<Record<IntentStep, (files: FileHandle) => void>> = {
  opened(files) {
    files.writeFile = die;
  },
  "half written"(files) {
    const write = files.writeFile;
    files.writeFile = async function (data) {
      await write.call(this, String(data).slice(0, 20));
      await die();
    };
  },
  written(files) {
    files.sync = die;
  },
  synced(files) {
    const sync = files.sync;
    files.sync = async function () {
      await sync.call(this);
      await die();
    };
  },
  renamed(files) {
    const sync = files.sync;
    let synced = 0;
    // The second one is that of the folder.
    files.sync = async function () {
      if (++synced > 1) await die();
      await sync.call(this);
    };
  },
};

const RELAY: Readonly<Record<RelayStep, () => void>> = {
  "with the lock"() {
    RelayLog.prototype.say = () => void die();
  },
  "stored and not recorded"() {
    const put = S3Backend.prototype.put;
    S3Backend.prototype.put = async function (...args) {
      await put.apply(this, args);
      return await die();
    };
  },
  "half recorded"() {
    recordInto((handle, bytes, offset, length) => handle.write(bytes, offset, length >> 1));
  },
  "recorded and not synced"() {
    recordInto((handle, bytes, offset, length) => handle.write(bytes, offset, length));
  },
  "recorded, with its intents there"() {
    Outbox.prototype.remove = die;
  },
  "some of its intents removed"() {
    const remove = Outbox.prototype.remove;
    Outbox.prototype.remove = async function (files) {
      await remove.call(this, files.slice(0, 1));
      await die();
    };
  },
};

/** Has the ledger's next write be its last. */
function recordInto(
  write: (
    handle: FileHandle,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ) => Promise<unknown>,
): void {
  const ledger = FileLedger.open;
  FileLedger.open = (path, options) =>
    ledger.call(FileLedger, path, {
      ...options,
      async openFile(file, flags, mode) {
        const handle = await open(file, flags, mode);
        return {
          async write(bytes, offset, length) {
            await write(handle, bytes, offset, length);
            return await die();
          },
          stat: () => handle.stat(),
          sync: () => handle.sync(),
          datasync: () => handle.datasync(),
          truncate: (length) => handle.truncate(length),
          close: () => handle.close(),
        };
      },
    });
}

function isStep<T extends string>(steps: Readonly<Record<T, unknown>>, name: string): name is T {
  return name in steps;
}

if (isStep(INTENT, step)) {
  INTENT[step](await handles());
  await new Outbox(outboxFolder(state)).write({ agent: "opencode", store, id });
} else if (isStep(RELAY, step)) {
  RELAY[step]();
  // The relay reads its own arguments.
  process.argv.splice(2);
  process.argv.push("--since", "0", "--linger", "10000");
  await import("../../../adapters/relay/main.ts");
} else throw new Error(`there is no step ${JSON.stringify(step)}`);
