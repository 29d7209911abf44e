/**
 * The file `stores.json`: since when this installation knows each agent's store.
 *
 * @module
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, fileError } from "../state/file_error.ts";
import type { KnownStores, StoreId } from "./catch_up.ts";

interface Known extends StoreId {
  /** Epoch milliseconds. */
  readonly since: number;
}

/** {@linkcode KnownStores} in a state folder. For the lock's holder only. */
export class StoresFile implements KnownStores {
  readonly #path: string;

  /** @param folder The state's folder. */
  constructor(folder: string) {
    this.#path = join(folder, "stores.json");
  }

  /** See {@linkcode KnownStores.all}. */
  async all(): Promise<readonly StoreId[]> {
    return await this.#read();
  }

  /** See {@linkcode KnownStores.since}. */
  async since(stores: readonly StoreId[], now: number): Promise<readonly number[]> {
    const known = [...await this.#read()];
    const before = known.length;
    const times = stores.map(({ agent, store }) => {
      const found = known.find((one) => one.agent === agent && one.store === store);
      if (!found) known.push({ agent, store, since: now });
      return found?.since ?? now;
    });
    if (known.length > before) await this.#write(known);
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

  async #write(stores: readonly Known[]): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    try {
      const handle = await open(temporary, "w", 0o600);
      try {
        await handle.writeFile(`${JSON.stringify({ version: 1, stores })}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      throw fileError(error, "cannot write", this.#path);
    }
  }
}

function knownIn(value: unknown): readonly Known[] {
  const { stores } = (value ?? {}) as { readonly stores?: unknown };
  return Array.isArray(stores) ? stores.filter(isKnown) : [];
}

function isKnown(value: unknown): value is Known {
  const { agent, store, since } = (value ?? {}) as Partial<Record<keyof Known, unknown>>;
  return typeof agent === "string" && typeof store === "string" && typeof since === "number";
}
