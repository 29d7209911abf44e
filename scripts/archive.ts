/**
 * `deno task archive`: the program of `adapters/cli/` on this terminal.
 *
 * @module
 */
import process from "node:process";
import { main } from "../adapters/cli/main.ts";
import { processTerminal } from "../adapters/cli/terminal.ts";
import { runHook } from "../adapters/hooks/hook.ts";
import { checkoutProgram } from "../adapters/process/typed_command.ts";

if (process.argv[2] === "hook") {
  await runHook(process.argv.slice(3), process);
  process.exit(0);
}

const terminal = processTerminal(checkoutProgram(process.env));
// A task runs in the project's folder and says where the user called it.
const cwd = () => process.env.INIT_CWD ?? terminal.cwd();
process.exit(await main(process.argv.slice(2), { ...terminal, cwd }));
