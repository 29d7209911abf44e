/**
 * What a store is tried for, one step after the other: each writes, reads and compares with the
 * operations that the archive uses.
 *
 * @module
 */
import type { RangedBody } from "../../core/backend.ts";
import { PART_SIZE } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { inParallel } from "../../core/parallel.ts";
import { quoteKey } from "../../core/keys/object_key.ts";
import { tryCreate, tryIfMatch } from "./trial_conditions.ts";
import type { TrialGround } from "./trial_ground.ts";
import { bytesOf, failed, type Outcome, same, UNTRUE } from "./trial_outcome.ts";

/** One thing to try. */
export interface Step {
  /** What, in a word or two; unique. */
  readonly check: string;
  /** The steps that must be `ok` for this one to mean anything. */
  readonly needs: readonly string[];
  /** Tries it. What it throws is a failure. */
  run(ground: TrialGround): Promise<Outcome>;
}

/** The steps, in order. What can be tried without writing comes without a need. */
export const STEPS: readonly Step[] = [
  { check: "list", needs: [], run: tryList },
  { check: "missing object", needs: [], run: tryMissing },
  { check: "write", needs: [], run: tryWrite },
  { check: "read", needs: ["write"], run: tryRead },
  { check: "delete", needs: [], run: tryDelete },
  // From here on a store that keeps what should go would be littered.
  { check: "metadata", needs: ["write", "missing object", "delete"], run: tryMetadata },
  { check: "range read", needs: ["read", "delete"], run: tryRanges },
  { check: "overwrite", needs: ["read", "delete"], run: tryOverwrite },
  { check: "list order", needs: ["list", "write", "delete"], run: tryOrder },
  { check: "odd keys", needs: ["list", "read", "delete"], run: tryOddKeys },
  { check: "create only", needs: ["read", "delete"], run: tryCreate },
  { check: "replace if unchanged", needs: ["read", "delete"], run: tryIfMatch },
  { check: "copy", needs: ["read", "delete"], run: tryCopy },
  { check: "large object", needs: ["range read", "delete"], run: tryLarge },
  { check: "latency", needs: ["read", "delete"], run: tryLatency },
  { check: "clock", needs: ["write", "missing object"], run: tryClock },
];

const FIRST = "first.json";
const BYTES = bytesOf('{"format":"probe","text":"a small object, removed again"}');

async function tryList(ground: TrialGround): Promise<Outcome> {
  const names = await ground.list("");
  if (names.length === 0) return { detail: "lists what is there" };
  return failed(`names ${names.length} objects below a folder that nobody wrote to`, UNTRUE);
}

async function tryMissing(ground: TrialGround): Promise<Outcome> {
  if (!await ground.has("nothing.json")) {
    return { detail: "an object that is not there is missing" };
  }
  return failed("says that an object is there that nobody wrote", UNTRUE);
}

const METADATA = {
  format: "probe-1",
  title: "caf%C3%A9%20%F0%9F%98%80",
  "project-path": "%2Fa%2Bb",
};

async function tryWrite(ground: TrialGround): Promise<Outcome> {
  await ground.put(FIRST, BYTES, { metadata: METADATA, contentType: "application/json" });
  return { detail: "stores a small object" };
}

async function tryRead(ground: TrialGround): Promise<Outcome> {
  if (same(await ground.read(FIRST), BYTES)) return { detail: "gives back the same bytes" };
  return failed("gives back other bytes than were stored", UNTRUE);
}

/** Deleting what was never there needs the same right, so it is tried even where writing failed. */
async function tryDelete(ground: TrialGround): Promise<Outcome> {
  try {
    await ground.delete("nothing.json");
  } catch (error) {
    if (!isArchiveError(error, "Unauthorized")) throw error;
    return {
      status: "limited",
      detail: error.message,
      error,
      advice:
        "archives are kept all the same; allow deleting if archives shall be deleted from here, or " +
        "leave it so to protect them",
    };
  }
  return { detail: "what is not there may be deleted too" };
}

async function tryMetadata(ground: TrialGround): Promise<Outcome> {
  const { size, metadata = {} } = await ground.head(FIRST);
  if (size !== BYTES.byteLength) {
    return failed(`says ${size} bytes of an object of ${BYTES.byteLength}`, UNTRUE);
  }
  const kept = Object.entries(METADATA).filter(([name, value]) => metadata[name] === value).length;
  const all = Object.keys(METADATA).length;
  if (kept === all) return { detail: "comes back as it was stored" };
  const detail = kept === 0 ? "is not kept" : `${all - kept} of ${all} values are lost or changed`;
  const instead = "titles are read from the archives themselves, which takes longer";
  if (!ground.backend.capabilities.metadata) {
    return { status: "limited", detail: `${detail}: ${instead}` };
  }
  return { status: "limited", detail, advice: `nothing is lost by it; ${instead}` };
}

async function tryRanges(ground: TrialGround): Promise<Outcome> {
  const size = BYTES.byteLength;
  const ranges = [
    ["the middle", { start: 5, end: 12 }, BYTES.slice(5, 12)],
    ["the rest", { start: size - 9 }, BYTES.slice(-9)],
    ["the end", { suffix: 7 }, BYTES.slice(-7)],
    ["more than all", { suffix: size + 10 }, BYTES],
  ] as const;
  for (const [what, range, expected] of ranges) {
    if (!same(await ground.read(FIRST, range), expected)) {
      return failed(`asked for ${what} of an object, it gives something else`, UNTRUE);
    }
  }
  return { detail: "reads the middle and the end of an object" };
}

async function tryOverwrite(ground: TrialGround): Promise<Outcome> {
  const name = "overwritten.json";
  const [before, after] = [bytesOf("before"), bytesOf("after, and longer")];
  const { etag } = await ground.put(name, before);
  const { etag: later } = await ground.put(name, after);
  if (!same(await ground.read(name), after)) {
    return failed("gives back the old object after it was overwritten", UNTRUE);
  }
  if (etag !== undefined && etag === later) {
    return failed("the etag stays the same when the object changes", UNTRUE);
  }
  await ground.delete(name);
  if (await ground.has(name)) {
    return failed("an object is still there after it was deleted", "look at the store's cache");
  }
  return { detail: "the new object replaces the old one; deleted, it is gone" };
}

/** In UTF-8 byte order: `-` before `/` before `0`, capitals first, accents last. */
const NAMES = ["A.json", "a-1.json", "a/1.json", "a/2.json", "a0.json", "b/1.json", "é.json"];

async function tryOrder(ground: TrialGround): Promise<Outcome> {
  const within = (names: readonly string[]) => names.map((name) => `list/${name}`);
  await inParallel(within(NAMES), 4, (name) => ground.put(name, BYTES));
  const asked = [
    ["all", {}, NAMES],
    ["folders", { delimiter: "/" }, ["A.json", "a-1.json", "a0.json", "é.json", "a/", "b/"]],
    ["what follows a key", { startAfter: "list/a/1.json" }, NAMES.slice(3)],
    ["the first three", { limit: 3 }, NAMES.slice(0, 3)],
  ] as const;
  for (const [what, options, expected] of asked) {
    const names = await ground.list("list/", options);
    const wanted = within(expected);
    if (names.join("\n") === wanted.join("\n")) continue;
    const known = new Set(names);
    const inOrder = known.size === wanted.length && wanted.every((name) => known.has(name));
    return failed(
      inOrder
        ? `lists ${what} in another order than the bytes of the keys`
        : `asked to list ${what}, it names ${names.length} instead of ${wanted.length}`,
      "archives are safe, but lists can miss some here; tell us which store this is",
    );
  }
  const prefixed = await ground.list("list/a");
  if (prefixed.length !== 4) return failed(`does not list by the beginning of keys`, UNTRUE);
  return { detail: "by prefix, by folder, from a key on, and in order" };
}

const ODD_NAMES = [
  "a b.json",
  "a+b.json",
  "100%25.json",
  "ünï-日本.json",
  "e\u0301.json",
  "\u{1F600}.json",
  "it's(1)&=,;@$!.json",
  '"quoted".json',
  "a~b.json",
  "#hash?.json",
];

async function tryOddKeys(ground: TrialGround): Promise<Outcome> {
  const wrong: string[] = [];
  const refused: string[] = [];
  await inParallel(ODD_NAMES, 3, async (name) => {
    const path = `odd/${name}`;
    const body = bytesOf(name);
    try {
      await ground.put(path, body);
      if (!same(await ground.read(path), body)) wrong.push(name);
    } catch (error) {
      if (isArchiveError(error, "Invalid")) refused.push(name);
      else if (isArchiveError(error, "NotFound")) wrong.push(name);
      else throw error;
    }
  });
  const listed = new Set(await ground.list("odd/"));
  const stored = ODD_NAMES.filter((name) => !refused.includes(name));
  wrong.push(...stored.filter((name) => !listed.has(`odd/${name}`) && !wrong.includes(name)));
  if (wrong.length > 0) {
    return failed(
      `does not find again what is called ${wrong.map(quoteKey).join(", ")}`,
      "a proxy before the store may rewrite addresses; reach the store without it",
    );
  }
  if (refused.length === 0) return { detail: "spaces, signs, accents and emoji in keys" };
  const names = refused.map(quoteKey).join(", ");
  return { status: "limited", detail: `refuses ${names}; archives have no such keys` };
}

async function tryCopy(ground: TrialGround): Promise<Outcome> {
  if (ground.backend.copy === undefined) {
    return { status: "limited", detail: "copies are read and written again" };
  }
  await ground.copy(FIRST, "copy of first.json");
  if (same(await ground.read("copy of first.json"), BYTES)) return { detail: "inside the store" };
  return failed("a copy has other bytes than what was copied", UNTRUE);
}

const LARGE_SIZE = PART_SIZE + 100_000;

async function tryLarge(ground: TrialGround): Promise<Outcome> {
  const name = "large.json";
  await ground.put(name, largeBody(), { metadata: METADATA });
  const { size } = await ground.head(name);
  if (size !== LARGE_SIZE) return failed(`has ${size} bytes of ${LARGE_SIZE}`, UNTRUE);
  const spans = [[0, 64], [PART_SIZE - 64, PART_SIZE + 64], [LARGE_SIZE - 64, LARGE_SIZE]];
  for (const [start, end] of spans) {
    if (!same(await ground.read(name, { start, end }), pattern(start, end))) {
      return failed(`bytes ${start} to ${end} of a large object are wrong`, UNTRUE);
    }
  }
  await ground.delete(name);
  return { detail: "stores more than 8 MiB in parts" };
}

function largeBody(): RangedBody {
  const hash = sha256();
  for (let start = 0; start < LARGE_SIZE; start += 1 << 20) {
    hash.update(pattern(start, Math.min(start + (1 << 20), LARGE_SIZE)));
  }
  return {
    size: LARGE_SIZE,
    sha256: hash.digest("hex"),
    read: (start, end) => Promise.resolve(pattern(start, end)),
  };
}

/** Bytes that tell where they are. */
function pattern(start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  for (let at = start; at < end; at++) bytes[at - start] = at ^ (at >>> 8) ^ (at >>> 16);
  return bytes;
}

const SAMPLES = 5;

async function tryLatency(ground: TrialGround): Promise<Outcome> {
  const writes: number[] = [];
  const reads: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    writes.push(await timed(() => ground.put("timed.json", BYTES)));
    reads.push(await timed(() => ground.read("timed.json")));
  }
  return { detail: `median write ${median(writes)} ms, read ${median(reads)} ms` };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(times: readonly number[]): string {
  const middle = times.toSorted((a, b) => a - b)[times.length >> 1];
  return middle < 10 ? middle.toFixed(1) : String(Math.round(middle));
}

/** Stores tell whole seconds, and some take theirs from another machine. */
const MOST_SKEW = 5 * 60_000;

async function tryClock(ground: TrialGround): Promise<Outcome> {
  const before = Date.now();
  await ground.put(FIRST, BYTES, { metadata: METADATA });
  const { modified } = await ground.head(FIRST);
  const skew = modified.getTime() - (before + Date.now()) / 2;
  return clockOutcome(skew);
}

/**
 * What a difference of clocks means.
 *
 * @param skew How far the store's clock is ahead of this machine's, in milliseconds.
 */
export function clockOutcome(skew: number): Outcome {
  if (Math.abs(skew) <= MOST_SKEW) {
    const seconds = Math.round(Math.abs(skew) / 1000);
    return { detail: seconds <= 2 ? "agrees with this machine's" : `${seconds} s off` };
  }
  const minutes = Math.round(Math.abs(skew) / 60_000);
  return {
    status: "limited",
    detail: `the store's clock is ${minutes} min ${
      skew > 0 ? "ahead of" : "behind"
    } this machine's`,
    advice: "set this machine's clock by NTP (timedatectl set-ntp true), or the store's: stores " +
      "refuse signatures that are more than 15 min off, and lists are ordered by the store's time",
  };
}
