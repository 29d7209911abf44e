/**
 * The newest 20 of 100,000 archives in 100 projects, beside a walk over all of them.
 *
 * @module
 */
import { Archiver, FileBackend } from "@session-archiver/archiver";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Finding, median, milliseconds } from "./measure.ts";
import { documentOf } from "./small_document.ts";

const PROJECTS = 100;
const DAYS = 100;
const A_DAY = 10;
const ROUNDS = 3;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchNewest(folder: string): Promise<Finding> {
  for (let project = 0; project < PROJECTS; project++) await writeProject(folder, project);
  const backend = new FileBackend({ path: folder });
  const archiver = new Archiver({ agents: [], backends: [backend] });
  const newest = async () => {
    let rows = 0;
    for await (const { problem } of archiver.list({ limit: 20 })) rows += problem ? 0 : 1;
    if (rows !== 20) throw new Error(`${rows} rows instead of 20`);
  };
  const walk = async () => {
    let keys = 0;
    for await (const page of backend.list()) keys += page.objects.length;
    if (keys !== PROJECTS * DAYS * A_DAY) throw new Error(`${keys} keys`);
  };
  const ours: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push(await milliseconds(walk));
    ours.push(await milliseconds(newest));
  }
  return {
    promise: "the newest 20 of 100,000 archives ≥ 5 × faster than a full walk",
    measure: "ratio of medians",
    value: median(all) / median(ours),
    bound: { atLeast: 5 },
    figures: { newestMs: median(ours), walkMs: median(all) },
  };
}

async function writeProject(folder: string, project: number): Promise<void> {
  for (let day = 0; day < DAYS; day++) {
    await Promise.all(Array.from({ length: A_DAY }, async (_, number) => {
      const { key, bytes } = documentOf({ project, day, number });
      await mkdir(join(folder, dirname(key)), { recursive: true });
      await writeFile(join(folder, key), bytes);
    }));
  }
}
