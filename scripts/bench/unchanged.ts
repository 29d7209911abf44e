/**
 * A second `run` when none of 5,000 sessions changed, beside the bare query of their tokens.
 *
 * @module
 */
import { FileBackend } from "@session-archiver/archiver";
import { join } from "node:path";
import type { Finding } from "./measure.ts";
import { besideTokenQuery, run, SESSIONS, unchangedSessions } from "./unchanged_sessions.ts";

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchUnchanged(folder: string): Promise<Finding> {
  const agent = await unchangedSessions(folder);
  const path = join(folder, "ledger.jsonl");
  const backend = new FileBackend({ path: join(folder, "archives") });
  await run(agent, backend, path);
  backend.put = () => Promise.reject(new Error("something was written though nothing changed"));
  const what = `a run with nothing changed among ${SESSIONS} sessions`;
  return await besideTokenQuery(what, agent, () => run(agent, backend, path));
}
