/**
 * A process that has a server started for deleting sessions, and ends without having closed it: by
 * itself when it is told so with `exits`, else by whatever it is sent.
 *
 * @module
 */
import process from "node:process";
import { openCode } from "../../../../../adapters/agents/opencode/mod.ts";

const [database, command, how] = process.argv.slice(2);
await openCode({ database, command }).remover!(database);
if (how === "exits") process.exit(0);
process.stdout.write("holds\n");
setInterval(() => {}, 60_000);
