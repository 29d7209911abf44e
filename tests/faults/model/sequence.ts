/**
 * A sequence of things that happen to machines and stores, made up by chance; afterwards all is well
 * again for long enough, and the invariants are looked at.
 *
 * @module
 */
import { join } from "node:path";
import type { MemoryMessage, MemorySession } from "../../../core/memory_agent.ts";
import { withFastFolder } from "../folder.ts";
import {
  arrival,
  excused,
  markedText,
  preservation,
  progress,
  readArchive,
  wholeness,
} from "../invariants.ts";
import type { Chance } from "../seed.ts";
import type { Tally } from "../tally.ts";
import { Machine, PRIVATE, type Surroundings } from "./machine.ts";
import { LATEST_MS, ModelStore, WEATHERS } from "./store.ts";
import { VirtualTime } from "./time.ts";

/** How many things happen. */
const LENGTH = 25;
/** How often all is given the time to come right. */
const ROUNDS = 6;
/** The session that the rules keep at home. */
const SECRET = "secret";
const MINUTE = 60_000;

/** What may happen, and how often it does. */
const ACTIONS = {
  write: 12,
  grow: 3,
  revert: 2,
  prune: 2,
  empty: 1,
  remove: 1,
  move: 1,
  secret: 1,
  intend: 6,
  start: 2,
  kill: 8,
  stop: 1,
  weather: 5,
  clock: 1,
  break: 1,
  rules: 2,
  ledger: 1,
  restore: 2,
  wait: 4,
} as const;

type Action = keyof typeof ACTIONS;

/**
 * Plays one sequence.
 *
 * @param chance Where it comes from.
 * @param tally Counts what happens.
 * @returns What did not hold.
 */
export async function playSequence(chance: Chance, tally: Tally): Promise<string[]> {
  return await withFastFolder(async (folder) => {
    const play = new Sequence(chance, tally, folder);
    await play.play();
    return await play.end();
  });
}

class Sequence {
  readonly #chance: Chance;
  readonly #tally: Tally;
  readonly #around: Surroundings;
  readonly #machines: readonly Machine[];

  constructor(chance: Chance, tally: Tally, folder: string) {
    this.#chance = chance;
    this.#tally = tally;
    const parts = { time: new VirtualTime(), chance, tally };
    const stores = ["one", "other"].slice(0, 1 + chance.below(2))
      .map((name) => new ModelStore(name, chance.hits(0.6), parts));
    this.#around = { ...parts, stores };
    const names = chance.hits(0.5) ? ["a"] : ["a", "b"];
    this.#machines = names.map((name) => new Machine(name, join(folder, name), this.#around));
  }

  async play(): Promise<void> {
    for (let done = 0; done < LENGTH; done++) {
      const action = this.#chance.weighed(ACTIONS);
      this.#tally.hit(`action: ${action}`);
      await this.#act(action, this.#chance.oneOf(this.#machines));
      await this.#around.time.pass(this.#chance.below(this.#chance.oneOf([100, 3_000, MINUTE])));
    }
  }

  /** Lets all come right, and says what did not. */
  async end(): Promise<string[]> {
    const { stores, time } = this.#around;
    for (const store of stores) store.weather = WEATHERS.calm;
    for (const machine of this.#machines) {
      machine.killAfter(Infinity);
      machine.isBroken = false;
      machine.chosen = stores.map(({ name }) => name);
      machine.reconfigured();
    }
    let violations: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const machine of this.#machines) {
        // Its waits are long after failures; the next one begins without them.
        if (this.#chance.hits(0.5)) machine.stop();
        await time.pass(1_000);
        await machine.start();
        await time.pass(MINUTE);
      }
      violations = this.#violations();
      if (violations.length === 0 && round > 0) break;
      await time.pass(2 * LATEST_MS);
    }
    for (const machine of this.#machines) machine.stop();
    await time.pass(MINUTE);
    return violations;
  }

  #violations(): string[] {
    const held = this.#machines.flatMap((machine) => machine.held);
    const bugs = this.#machines.flatMap(({ name, bugs }) =>
      bugs.map((bug) => `I5: ${name}: ${bug instanceof Error ? bug.stack : bug}`)
    );
    const waiting = this.#machines.flatMap(({ name, intents }) =>
      intents.length > 0 ? [`I1: ${name} has ${intents.length} intents left`] : []
    );
    const stores = this.#around.stores.flatMap((store) => [
      ...wholeness(store, held),
      ...progress(store),
      ...preservation(store),
      ...this.#arrivals(store),
      ...secrets(store),
    ]);
    return [...bugs, ...waiting, ...stores];
  }

  #arrivals(store: ModelStore): string[] {
    const lost = this.#lostTo(store);
    const last = this.#machines.flatMap((machine) => machine.last)
      .filter(({ session }) => !lost.has(session));
    return arrival(store, last);
  }

  /**
   * Sessions over which a store without conditions wrote what nobody could notice: two machines wrote
   * at once, or a request came late from another machine, or from before the ledger was harmed, in
   * which it had been remembered.
   */
  #lostTo(store: ModelStore): ReadonlySet<string> {
    const [{ ledgerHarmedAt = 0 }, another] = this.#machines;
    const late = excused(store, "late", another ? Infinity : ledgerHarmedAt);
    return new Set([...excused(store, "race"), ...late]);
  }

  async #act(action: Action, machine: Machine): Promise<void> {
    const chance = this.#chance;
    const sessions = machine.last.map(({ session }) => session);
    switch (action) {
      case "write":
      case "grow":
      case "revert":
      case "prune":
      case "empty":
      case "move":
        return await this.#change(action, machine);
      case "secret":
        return await this.#secret(machine);
      case "remove":
        if (sessions.length > 0) machine.remove(chance.oneOf(sessions));
        return;
      case "intend":
        if (sessions.length > 0) await machine.intend(chance.oneOf(sessions), chance.hits(0.3));
        return;
      case "start":
        return await machine.start();
      case "kill":
        // Most steps of a relay are those of a session on its way.
        await this.#change("write", machine);
        return machine.killAfter(chance.below(40));
      case "stop":
        return machine.stop();
      case "ledger":
        return await machine.harmLedger();
      case "restore":
        return await this.#restore(machine);
      case "weather":
        chance.oneOf(this.#around.stores).weather = WEATHERS[
          chance.oneOf(Object.keys(WEATHERS) as (keyof typeof WEATHERS)[])
        ];
        return;
      case "clock":
        return machine.setClock(chance.oneOf([-1, 0, 1]) * 24 * 60 * MINUTE);
      case "break":
        machine.isBroken = !machine.isBroken;
        return machine.reconfigured();
      case "rules":
        machine.chosen = [chance.oneOf(this.#around.stores).name];
        return machine.reconfigured();
      case "wait":
        return await this.#around.time.pass(chance.below(20 * MINUTE));
    }
  }

  /** The agent changes a session; mostly it says so. */
  async #change(how: ChangeName, machine: Machine): Promise<void> {
    const chance = this.#chance;
    const id = `s${chance.below(4)}`;
    const session = machine.agent.get(id) ?? freshSession(id);
    machine.set({ ...session, ...CHANGES[how](session, machine, chance) });
    if (chance.hits(0.8)) await machine.intend(id, chance.hits(0.2));
  }

  async #secret(machine: Machine): Promise<void> {
    const said = { id: "m1", role: "user", text: markedText(machine.mark()) } as const;
    machine.set({ ...freshSession(SECRET), projectPath: PRIVATE, messages: [said] });
    await machine.intend(SECRET);
  }

  /** The other machine gets a session as it is, and goes its own way with it. */
  async #restore(to: Machine): Promise<void> {
    const from = this.#machines.find((one) => one !== to);
    const sessions = from?.last ?? [];
    if (sessions.length === 0) return;
    const { session } = this.#chance.oneOf(sessions);
    const there = from?.agent.get(session);
    if (there === undefined || to.agent.get(session) !== undefined) return;
    to.set(there);
    if (this.#chance.hits(0.5)) await to.intend(session);
  }
}

type ChangeName = "write" | "grow" | "revert" | "prune" | "empty" | "move";
type Change = (
  session: MemorySession,
  machine: Machine,
  chance: Chance,
) => Partial<Omit<MemorySession, "title">>;

const CHANGES: Readonly<Record<ChangeName, Change>> = {
  write: ({ messages }, machine) => {
    const mark = machine.mark();
    return { messages: [...messages, { id: mark, role: "user", text: markedText(mark) }] };
  },
  grow: ({ messages }, machine) => ({
    messages: changedAt(messages, messages.length - 1, (text) => text + markedText(machine.mark())),
  }),
  revert: ({ messages }, _, chance) => ({
    messages: messages.slice(0, chance.below(messages.length + 1)),
  }),
  prune: ({ messages }, _, chance) => ({
    messages: changedAt(messages, chance.below(messages.length + 1), () => "[pruned]"),
  }),
  empty: () => ({ messages: [] }),
  move: (_, __, chance) => ({ projectPath: `/home/me/project-${chance.below(3)}` }),
};

function changedAt(
  messages: readonly MemoryMessage[],
  at: number,
  change: (text: string) => string,
): MemoryMessage[] {
  return messages.map((one, index) => index === at ? { ...one, text: change(one.text) } : one);
}

function freshSession(id: string): MemorySession {
  return {
    id,
    projectPath: "/home/me/project",
    createdAt: "2026-01-31T12:00:00.000Z",
    messages: [],
  };
}

/** What the rules keep at home never leaves it. */
function secrets({ name, states }: ModelStore): string[] {
  const left = states.filter(({ bytes }) => bytes && readArchive(bytes).session === SECRET);
  return left.map(({ key }) => `the private ${key} stood on ${name}`);
}
