/**
 * Whatever befalls copies, each is named, and no other; what the agent still has is mended.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Archiver,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type VerifyOptions,
} from "@session-archiver/archiver";
import fc, { propertyRuns } from "../properties.ts";

const FAULTS = {
  none: "ok",
  dropped: "missing",
  flipped: "damaged",
  cut: "damaged",
  swapped: "damaged",
  older: "damaged",
  // Below a store that goes on telling what was written.
  rotten: "damaged",
} as const;
type Fault = keyof typeof FAULTS;

const IDS = ["a", "b", "c", "d"];
const keyOf = (id: string) => `home_me_project/2026-01-31/${id}.json`;

/** A store below which bytes may go bad. */
class Rotting extends MemoryBackend {
  readonly rotten = new Map<string, number>();

  override async get(...[key, options]: Parameters<MemoryBackend["get"]>) {
    const { info, body } = await super.get(key, options);
    const at = this.rotten.get(key);
    if (at === undefined) return { info, body };
    return { info, body: new Blob([flip(await bytesOf(body), at)]).stream() };
  }

  override put(...[key, body, options]: Parameters<MemoryBackend["put"]>) {
    this.rotten.delete(key);
    return super.put(key, body, options);
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Bytes> {
  return new Uint8Array(await new Response(body as ReadableStream<Bytes>).arrayBuffer());
}

function flip(bytes: Bytes, at: number): Bytes {
  const index = at % bytes.length;
  return bytes.with(index, bytes[index] ^ (1 << (at % 8)));
}

async function archived() {
  const agent = new MemoryAgent();
  const backends = ["left", "right"].map((name) => new Rotting({ name, pageSize: 3 }));
  const archiver = new Archiver({ agents: [agent], backends, ledger: new MemoryLedger() });
  const archive = async () => {
    for await (const { copies } of archiver.archiveAll()) {
      for (const { error } of copies) if (error) throw error;
    }
  };
  const older = new Map<string, [Bytes, Record<string, string>]>();
  for (const count of [1, 2]) {
    for (const id of IDS) agent.set(sessionOf(id, count));
    await archive();
    if (count > 1) break;
    for (const id of IDS) older.set(id, await objectAt(backends[0], keyOf(id)));
  }
  return { archiver, backends, archive, older };
}

function sessionOf(id: string, count: number) {
  return {
    ...{ id, projectPath: "/home/me/project", title: `About ${id}` },
    ...{ createdAt: "2026-01-31T12:00:00.000Z", updatedAt: `2026-01-31T12:00:0${count}.000Z` },
    messages: Array.from({ length: count }, (_, index) => ({
      ...{ id: `${id}-${index}`, role: "user" as const, text: `Hello ${index} of ${id}` },
    })),
  };
}

async function objectAt(backend: MemoryBackend, key: string) {
  const { info, body } = await backend.get(key);
  return [await bytesOf(body), { ...info.metadata }] as [Bytes, Record<string, string>];
}

async function befall(
  backend: Rotting,
  id: string,
  fault: Fault,
  at: number,
  older: ReadonlyMap<string, [Bytes, Record<string, string>]>,
): Promise<void> {
  const key = keyOf(id);
  const [bytes, metadata] = await objectAt(backend, key);
  const put = (changed: Bytes, told = metadata) => backend.put(key, changed, { metadata: told });
  if (fault === "dropped") await backend.delete(key);
  else if (fault === "flipped") await put(flip(bytes, at));
  else if (fault === "cut") await put(bytes.slice(0, at % bytes.length));
  else if (fault === "swapped") await put(...older.get(IDS[(IDS.indexOf(id) + 1) % 4])!);
  else if (fault === "older") await put(...older.get(id)!);
  else if (fault === "rotten") backend.rotten.set(key, at);
}

describe("verifying after anything", () => {
  const fault = fc.tuple(
    fc.constantFrom(...Object.keys(FAULTS) as Fault[]),
    fc.nat({ max: 1 << 16 }),
  );
  const faults = fc.array(fault, { minLength: 2 * IDS.length, maxLength: 2 * IDS.length });

  async function found(archiver: Archiver, options: VerifyOptions): Promise<string[]> {
    const outcomes: string[] = [];
    for await (const { key, backend, status } of archiver.verify(undefined, options)) {
      if (!key.includes("~")) outcomes.push(`${key} ${backend} ${status}`);
      else assert.equal(status, "ok");
    }
    return outcomes;
  }

  it("has a copy made again whose rot looks like a later format", async () => {
    const { archiver, backends: [left], archive } = await archived();
    const key = keyOf("a");
    const [bytes] = await objectAt(left, key);
    const digit = new TextDecoder().decode(bytes).indexOf('"version":1') + '"version":'.length;
    // The next number of which the rest, by 8, is 2: the bit that makes 5 of 1.
    const at = [...Array(8).keys()].map((turn) => digit + turn * bytes.length)
      .find((one) => one % 8 === 2);
    left.rotten.set(key, at ?? assert.fail("no number means that bit"));
    assert.match(new TextDecoder().decode((await objectAt(left, key))[0]), /"version":5/);
    assert.deepEqual((await found(archiver, {}))[0], `${key} left damaged`);
    await archive();
    assert.deepEqual((await found(archiver, {}))[0], `${key} left ok`);
  });

  for (const quick of [false, true]) {
    it(`names each fault and no other${quick ? ", quickly but for what rots" : ""}`, () =>
      fc.assert(
        fc.asyncProperty(faults, async (chosen) => {
          const { archiver, backends, archive, older } = await archived();
          const expected: string[] = [];
          for (const [index, [what, at]] of chosen.entries()) {
            const [id, backend] = [IDS[index >> 1], backends[index & 1]];
            await befall(backend, id, what, at, older);
            const status = quick && what === "rotten" ? "ok" : FAULTS[what];
            expected.push(`${keyOf(id)} ${backend.name} ${status}`);
          }
          assert.deepEqual(await found(archiver, { quick }), expected);
          await archive();
          if (quick) { for (const { rotten } of backends) rotten.clear(); }
          const after = await found(archiver, {});
          assert.deepEqual(after.filter((one) => !one.endsWith(" ok")), []);
          assert.equal(after.length, 2 * IDS.length);
        }),
        { numRuns: propertyRuns(100) },
      ));
  }
});
