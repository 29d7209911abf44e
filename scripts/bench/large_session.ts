/**
 * The memory that archiving one session of 200 MB takes, above that of an empty process.
 *
 * @module
 */
import { join } from "node:path";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, inProcess } from "./measure.ts";

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchLargeSession(folder: string): Promise<Finding> {
  const database = join(folder, "opencode.db");
  await writeOpenCodeDatabase(database, {
    sessions: [{ count: 1, bytesPerSession: 200_000_000, turns: 1_000 }],
  });
  const empty = await inProcess<{ peak: number }>("large_session_child.ts", []);
  const full = await inProcess<{ peak: number; bytes: number }>("large_session_child.ts", [folder]);
  return {
    promise: "one session of 200 MB takes ≤ 200 MB above an empty process",
    measure: "MiB",
    value: full.peak - empty.peak,
    bound: { atMost: 200_000_000 / 2 ** 20 },
    figures: {
      emptyMiB: empty.peak,
      peakMiB: full.peak,
      documentMiB: full.bytes / 2 ** 20,
    },
  };
}
