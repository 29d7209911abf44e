/**
 * Which of the two registry configs this process runs with, for tests that start another one.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** `deno.json`, or `deno.npm.json` when `@std/*` is mapped to the stand-ins. */
export const LANE_CONFIG: string = import.meta.resolve("@std/path").startsWith("file:")
  ? "deno.npm.json"
  : "deno.json";

/** What a process on this runtime needs to run from the sources, whatever its working directory. */
export const LANE_FLAGS: readonly string[] = "Deno" in globalThis
  ? ["--config", fileURLToPath(new URL(`../${LANE_CONFIG}`, import.meta.url))]
  : [];
