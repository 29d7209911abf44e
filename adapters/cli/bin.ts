#!/usr/bin/env node
/**
 * The program `session-archiver` of the npm package. A file of its own, which only runs: Node 20
 * cannot tell whether a module is the one it began with.
 *
 * Agents call `session-archiver hook NAME` again and again, and may wait for it. For that nothing is
 * loaded but what it needs.
 *
 * @module
 */
import process from "node:process";

if (process.argv[2] === "hook") {
  delete process.env.BUN_BE_BUN;
  const { runHook } = await import("../hooks/hook.ts");
  await runHook(process.argv.slice(3), process);
  process.exit(0);
} else {
  const { ownFile } = await import("../process/own_file.ts");
  // By its URL, since Deno reads all that is imported by name before it begins.
  await import(ownFile("./in_terminal", import.meta.url).href);
}
