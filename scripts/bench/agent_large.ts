/**
 * Archiving one large session that its agent keeps in a file of lines: how long it takes beside copying
 * and hashing the bare file, and how much memory above that of an empty process, whatever its size.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MADE_UP, type MadeUpAgent, makeFull } from "./agent_homes.ts";
import { type Finding, inProcess, median } from "./measure.ts";

const BYTES = 200_000_000;
const ROUNDS = 5;
/** Memory must not grow with a session. */
const LARGER_BYTES = 1_000_000_000;

/** What a process of its own tells. */
interface Told {
  readonly ms: number;
  readonly peak: number;
}

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchAgentLarge(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const made of MADE_UP) findings.push(...await archive(made, join(folder, made.folder)));
  return findings;
}

async function archive(made: MadeUpAgent, folder: string): Promise<Finding[]> {
  const home = join(folder, "home");
  const file = makeFull(made, home, BYTES);
  const child = async (...args: string[]) => {
    const told = await inProcess<Told>("agent_large_child.ts", args);
    await rm(join(folder, "out"), { recursive: true, force: true });
    return told;
  };
  const { peak: empty } = await child();
  const copies: Told[] = [];
  const archives: Told[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    copies.push(await child("copy", file, join(folder, "out")));
    archives.push(await child("archive", made.folder, home, join(folder, "out")));
  }
  await rm(home, { recursive: true });
  makeFull(made, home, LARGER_BYTES);
  const larger = await child("archive", made.folder, home, join(folder, "out"));
  await rm(folder, { recursive: true });
  const [copyMs, oursMs] = [copies, archives].map((told) => median(told.map(({ ms }) => ms)));
  const peak = Math.max(...archives.map((told) => told.peak));
  const what = `one session of ${made.title} of 200 MB takes`;
  return [{
    promise: `${what} ≤ 7 × copying and hashing its file`,
    measure: "ratio of medians",
    value: oursMs / copyMs,
    bound: { atMost: 7 },
    figures: { oursMs, copyMs },
  }, {
    promise: `${what} ≤ 150 MB above an empty process`,
    measure: "MiB",
    value: peak - empty,
    bound: { atMost: 150_000_000 / 2 ** 20 },
    figures: { emptyMiB: empty, peakMiB: peak },
  }, {
    promise: `one session of ${made.title} of 1 GB takes ≤ 150 MB above an empty process`,
    measure: "MiB",
    value: larger.peak - empty,
    bound: { atMost: 150_000_000 / 2 ** 20 },
    figures: { emptyMiB: empty, peakMiB: larger.peak, ms: larger.ms },
  }];
}
