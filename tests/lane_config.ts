/**
 * Which of the two registry configs this process runs with, for tests that start another one.
 *
 * @module
 */

/** `deno.json`, or `deno.npm.json` when `@std/*` is mapped to the stand-ins. */
export const LANE_CONFIG: string = import.meta.resolve("@std/path").startsWith("file:")
  ? "deno.npm.json"
  : "deno.json";
