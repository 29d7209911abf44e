/**
 * The npm package's program where it is not an agent that calls: {@linkcode main} on this process's
 * terminal. Runs when it is loaded, by `bin.ts`.
 *
 * @module
 */
import process from "node:process";
import { packageProgram } from "../process/typed_command.ts";
import { main } from "./main.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal(packageProgram(process));

// It makes OpenCode's program this process's Bun. What this process starts, as `opencode import`,
// must be itself again.
delete process.env.BUN_BE_BUN;

process.exit(await main(process.argv.slice(2), terminal));
