#!/usr/bin/env node
/**
 * The program `session-archiver` of the npm package: {@linkcode main} on this process's terminal.
 * A file of its own, which only runs: Node 20 cannot tell whether a module is the one it began with.
 *
 * Agents call `session-archiver hook NAME` again and again and may wait for it, so that nothing is
 * loaded for that but what it needs.
 *
 * @module
 */
import process from "node:process";

// It makes OpenCode's program this process's Bun. What this process starts, as `opencode import`,
// must be itself again.
const { BUN_BE_BUN } = process.env;
delete process.env.BUN_BE_BUN;

if (process.argv[2] === "hook") {
  const { runHook } = await import("../hooks/hook.ts");
  await runHook(process.argv.slice(3), process);
  process.exit(0);
}

const [{ packageProgram }, { main }, { processTerminal }] = await Promise.all([
  import("../process/typed_command.ts"),
  import("./main.ts"),
  import("./terminal.ts"),
]);
const { argv, env, versions } = process;
const terminal = processTerminal(packageProgram({ argv, env: { ...env, BUN_BE_BUN }, versions }));
process.exit(await main(argv.slice(2), terminal));
