/**
 * What importing `mod.ts` costs, above importing an empty module.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, inProcess, median } from "./measure.ts";

const ROUNDS = 15;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchImport(folder: string): Promise<Finding> {
  const empty = join(folder, "empty.ts");
  await writeFile(empty, "export {};\n");
  const library = new URL("../../mod.ts", import.meta.url).pathname;
  const times = { empty: [] as number[], library: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    const one = await inProcess<{ ms: number }>("import_child.ts", [empty]);
    const other = await inProcess<{ ms: number }>("import_child.ts", [library]);
    // The first round fills Deno's caches.
    if (round === 0) continue;
    times.empty.push(one.ms);
    times.library.push(other.ms);
  }
  return {
    promise: "import of mod.ts ≤ 20 ms over an empty module",
    measure: "ms",
    value: median(times.library) - median(times.empty),
    bound: { atMost: 20 },
    figures: { emptyMs: median(times.empty), libraryMs: median(times.library) },
  };
}
