/**
 * Writes intents without end into the outbox that its first argument names, for sessions whose ids
 * begin with the second; each replaces the one before the last. Says the session's number when its
 * intent is written.
 */
import process from "node:process";
import { Outbox } from "../../../../adapters/state/outbox.ts";

const [folder = "", prefix = ""] = process.argv.slice(2);
const outbox = new Outbox(folder);
for (let n = 0;; n++) {
  const session = { agent: "opencode", store: "/home/user/opencode.db", id: `${prefix}_${n}` };
  const older = await outbox.write(session);
  await outbox.write(session, { now: true, replaces: [older] });
  console.log(n);
}
