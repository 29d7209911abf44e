/**
 * Where this Deno keeps what it has loaded, for tests that start another one in another home.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";

/** The folder, by Deno's own rules for Linux. */
export function denoCache(): string {
  const { DENO_DIR, HOME = "", XDG_CACHE_HOME } = process.env;
  return DENO_DIR ?? join(XDG_CACHE_HOME ?? join(HOME, ".cache"), "deno");
}
