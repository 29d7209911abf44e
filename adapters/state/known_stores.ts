/**
 * The file `stores.json`: since when this installation knows each agent's store.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { SessionId } from "../../core/agent.ts";
import { fieldsOf } from "../../core/fields.ts";
import { errorCode, fileError } from "./file_error.ts";
import { storesPath } from "./layout.ts";
import { replaceFile } from "./replace_file.ts";

/** One agent's store. */
type StoreId = Pick<SessionId, "agent" | "store">;

interface Known extends StoreId {
  /** Epoch milliseconds. */
  readonly since: number;
}

/** The stores that are known in a state folder. For the lock's holder only. */
export class StoresFile {
  readonly #path: string;

  /** @param folder The state's folder. */
  constructor(folder: string) {
    this.#path = storesPath(folder);
  }

  /** All that are known. */
  async all(): Promise<readonly StoreId[]> {
    return await this.#read();
  }

  /**
   * Since when stores are known; notes those that are new.
   *
   * @param stores Which.
   * @param now Epoch milliseconds.
   * @returns Epoch milliseconds each, in order.
   */
  async since(stores: readonly StoreId[], now: number): Promise<readonly number[]> {
    const known = [...await this.#read()];
    const before = known.length;
    const times = stores.map(({ agent, store }) => {
      const found = known.find((one) => one.agent === agent && one.store === store);
      if (!found) known.push({ agent, store, since: now });
      return found?.since ?? now;
    });
    if (known.length > before) {
      await replaceFile(this.#path, `${JSON.stringify({ version: 1, stores: known })}\n`);
    }
    return times;
  }

  async #read(): Promise<readonly Known[]> {
    try {
      return knownIn(JSON.parse(await readFile(this.#path, "utf8")));
    } catch (error) {
      // Without the file every store counts as new, which costs nothing but later archives.
      if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return [];
      throw fileError(error, "cannot read", this.#path);
    }
  }
}

function knownIn(value: unknown): readonly Known[] {
  const { stores } = fieldsOf(value);
  return Array.isArray(stores) ? stores.filter(isKnown) : [];
}

function isKnown(value: unknown): value is Known {
  const { agent, store, since } = fieldsOf(value);
  return typeof agent === "string" && typeof store === "string" && typeof since === "number";
}
