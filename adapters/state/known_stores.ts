/**
 * The file `stores.json`: since when this installation is there, and the stores of agents' sessions
 * that it has met.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { SessionId } from "../../core/agent.ts";
import { fieldsOf } from "../../core/fields.ts";
import type { Surroundings } from "../paths/surroundings.ts";
import { errorCode, fileError } from "./file_error.ts";
import { lockPath, storesPath } from "./layout.ts";
import { stateFolder } from "./location.ts";
import { tryLock } from "./lock.ts";
import { replaceFile } from "./replace_file.ts";

/** One agent's store. */
export type StoreId = Pick<SessionId, "agent" | "store">;

/** What an installation knows of where sessions are. */
export interface KnownStores {
  /**
   * Since when this installation is there, in epoch milliseconds: what has not changed since is from
   * before it.
   */
  since(): Promise<number>;
  /** All stores that it has met. */
  all(): Promise<readonly StoreId[]>;
  /**
   * Takes note of stores.
   *
   * @param stores Which.
   */
  add(stores: readonly StoreId[]): Promise<void>;
}

interface Known {
  /** Epoch milliseconds; undefined in a file of which nothing can be understood. */
  readonly since?: number;
  readonly stores: readonly StoreId[];
}

/** {@linkcode KnownStores} in a state folder. For the lock's holder only. */
export class StoresFile implements KnownStores {
  readonly #path: string;
  readonly #startedAt: number;

  /**
   * @param folder The state's folder.
   * @param startedAt When an installation of which nothing is known yet began, in epoch milliseconds.
   */
  constructor(folder: string, startedAt: number) {
    this.#path = storesPath(folder);
    this.#startedAt = startedAt;
  }

  /** See {@linkcode KnownStores.since}. Notes it at the first call, and where it is yet to come. */
  async since(): Promise<number> {
    const { since, stores } = await this.#read();
    const now = Date.now();
    // By a clock that was set back, all that changes until it has caught up would be from before.
    if (since !== undefined && since <= now) return since;
    const anew = Math.min(this.#startedAt, now);
    await this.#write({ since: anew, stores });
    return anew;
  }

  /** See {@linkcode KnownStores.all}. */
  async all(): Promise<readonly StoreId[]> {
    return (await this.#read()).stores;
  }

  /** See {@linkcode KnownStores.add}. */
  async add(stores: readonly StoreId[]): Promise<void> {
    const known = await this.#read();
    const strange = stores.filter(({ agent, store }) =>
      !known.stores.some((one) => one.agent === agent && one.store === store)
    );
    if (strange.length === 0) return;
    const all = [...known.stores, ...strange.map(({ agent, store }) => ({ agent, store }))];
    await this.#write({ since: known.since ?? this.#startedAt, stores: all });
  }

  async #read(): Promise<Known> {
    try {
      return knownIn(JSON.parse(await readFile(this.#path, "utf8")));
    } catch (error) {
      // Without the file the installation begins anew, which costs nothing but later archives.
      if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return { stores: [] };
      throw fileError(error, "cannot read", this.#path);
    }
  }

  async #write(known: Known): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify({ version: 1, ...known })}\n`);
  }
}

/**
 * Notes that an installation is there from now on, unless it is known already: what changes before its
 * first relay counts, too.
 *
 * @param place Whose.
 */
export async function noteInstallation(
  place: Surroundings & { readonly configPath: string },
): Promise<void> {
  const state = await stateFolder(place);
  const lock = await tryLock(lockPath(state), { purpose: "noting the installation" });
  // Whoever holds the lock notes it itself.
  if ("refusal" in lock) return;
  try {
    await new StoresFile(state, Date.now()).since();
  } finally {
    await lock.release();
  }
}

function knownIn(value: unknown): Known {
  const { since, stores } = fieldsOf(value);
  return {
    ...(typeof since === "number" && { since }),
    stores: Array.isArray(stores) ? stores.filter(isStore) : [],
  };
}

function isStore(value: unknown): value is StoreId {
  const { agent, store } = fieldsOf(value);
  return typeof agent === "string" && typeof store === "string";
}
