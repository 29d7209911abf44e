#!/usr/bin/env node
/**
 * The program `session-archiver` of the npm package: {@linkcode main} on this process's terminal.
 * A file of its own, which only runs: Node 20 cannot tell whether a module is the one it began with.
 *
 * @module
 */
import { packageProgram } from "../process/typed_command.ts";
import { main } from "./main.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal(packageProgram(process));

// It makes OpenCode's program this process's Bun. What this process starts, as `opencode import`,
// must be itself again.
delete process.env.BUN_BE_BUN;

process.exit(await main(process.argv.slice(2), terminal));
