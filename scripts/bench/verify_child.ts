/**
 * Verifies so many archives on two backends that make them up as they are asked for, and prints the
 * most that was held at any of some moments, once all that is over was swept up, and the most memory
 * that the process ever had, in MiB. Wants `--v8-flags=--expose-gc`.
 *
 * @module
 */
import process from "node:process";
import { Archiver, type Backend, MemoryBackend, type ObjectInfo } from "@session-archiver/archiver";
import { streamOf } from "../../core/streams.ts";
import { peakMemory } from "./measure.ts";
import { documentOf } from "./small_document.ts";

const A_DAY = 10;
const DAYS = 100;
const PAGE = 1000;
/** How often it is looked at what is held. */
const LOOKS = 10;
const projects = Number(process.argv[2]) / DAYS / A_DAY;

/** The projects' numbers in the order of their keys. */
const ORDER = Array.from({ length: projects }, (_, number) => String(number)).sort().map(Number);

function* objects(): Generator<ObjectInfo> {
  for (const project of ORDER) {
    for (let day = 0; day < DAYS; day++) {
      for (let number = 0; number < A_DAY; number++) {
        const { key, bytes } = documentOf({ project, day, number });
        yield { key, size: bytes.length, modified: new Date(0) };
      }
    }
  }
}

function madeUp(name: string): Backend {
  const empty = new MemoryBackend({ name });
  return {
    name,
    identity: empty.identity,
    capabilities: empty.capabilities,
    put: empty.put.bind(empty),
    head: empty.head.bind(empty),
    delete: empty.delete.bind(empty),
    async *list() {
      let page: ObjectInfo[] = [];
      for (const object of objects()) {
        if (page.push(object) < PAGE) continue;
        yield await Promise.resolve({ objects: page, prefixes: [] });
        page = [];
      }
    },
    get(key) {
      const [, project, day, number] = /ses_(\d+)_(\d+)_(\d+)/.exec(key)!.map(Number);
      const { bytes } = documentOf({ project, day, number });
      const info = { key, size: bytes.length, modified: new Date(0) };
      return Promise.resolve({ info, body: streamOf(once(bytes)) });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

const archiver = new Archiver({ agents: [], backends: [madeUp("one"), madeUp("other")] });
const copies = 2 * projects * DAYS * A_DAY;
let good = 0;
let held = 0;
for await (const { status, problem } of archiver.verify()) {
  if (status !== "ok") throw new Error(problem);
  if (++good % (copies / LOOKS) === 0) held = Math.max(held, memoryHeld());
}
if (good !== copies) throw new Error(`${good} copies`);
console.log(JSON.stringify({ held, peak: await peakMemory() }));

function memoryHeld(): number {
  (globalThis as { gc?(): void }).gc!();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
