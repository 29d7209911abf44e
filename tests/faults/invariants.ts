/**
 * What must hold whatever goes wrong, as functions over what was seen: what the agents' stores held,
 * and every state that every object of a store ever had. They know nothing of the program: a state of
 * a session is told by marks that stand in its texts, found in the bytes.
 *
 * I1 what the agent's store holds is in the store in the end; I2 a store never goes back; I3 every
 * object is whole, and what it says it is; I4 nothing is overwritten before what it held is
 * elsewhere. I5, that the agent never waits and sees no exception, is for those to tell who play it.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** One state of a session, as an agent's store held it. */
export interface Held {
  /** Which machine's store. */
  readonly machine: string;
  /** The session's id. */
  readonly session: string;
  /** Counts this machine's states of all its sessions; stands in the session's title. */
  readonly revision: number;
  /** The marks of all its texts. */
  readonly marks: ReadonlySet<string>;
  /** How many messages it has, those without a mark too. */
  readonly messages: number;
}

/** One state of an object. */
export interface ObjectState {
  /** Its key. */
  readonly key: string;
  /** Its content; undefined when it was deleted. */
  readonly bytes: Uint8Array | undefined;
  /** The hash of it that the store was given beside it, where it keeps one. */
  readonly sha256?: string;
  /**
   * Why a store without conditional writes could not help it: the request was applied when its
   * sender had given it up, or somebody else wrote since its sender had looked.
   */
  readonly excuse?: "late" | "race";
  /** When it was sent, in milliseconds since the beginning, where that matters. */
  readonly sentAt?: number;
}

/** Everything that a store ever held, in the order in which it came to be. */
export interface StoreHistory {
  /** What to call it. */
  readonly name: string;
  /** Every state of every object. */
  readonly states: readonly ObjectState[];
}

/** What the bytes of an archive say. */
export interface Read {
  readonly session: string;
  readonly machine: string;
  readonly revision: number;
  readonly marks: ReadonlySet<string>;
  readonly messages: number;
}

/** Long enough that no change of a text passes for an ordinary one. */
const FILLING = "what was said here must never be lost, whatever goes wrong on the way;".repeat(2);

/**
 * A text that can be found again.
 *
 * @param mark A name that no other text has; letters, digits and dashes.
 */
export function markedText(mark: string): string {
  return `<<${mark}>> ${FILLING}`;
}

/**
 * A title that tells which state of a session this is.
 *
 * @param machine Whose; letters and digits.
 * @param revision Which.
 */
export function titleOf(machine: string, revision: number): string {
  return `state ${machine}#${revision}.`;
}

/** The marks in a text. */
export function marksIn(text: string): Set<string> {
  return new Set([...text.matchAll(/<<([\w-]+)>>/g)].map(([, mark = ""]) => mark));
}

/**
 * Reads an archive without the program's own reader.
 *
 * @param bytes The object's content.
 * @throws When it is no whole archive.
 */
export function readArchive(bytes: Uint8Array): Read {
  const known = alreadyRead.get(bytes);
  if (known !== undefined) return known;
  const read = parse(bytes);
  alreadyRead.set(bytes, read);
  return read;
}

/** What stood somewhere is looked at again and again. */
const alreadyRead = new WeakMap<Uint8Array, Read>();

function parse(bytes: Uint8Array): Read {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const { format, id, native } = JSON.parse(text);
  if (format !== "session-archive") throw new Error(`its format is ${JSON.stringify(format)}`);
  const [, machine = "", revision = "-1"] = /state (\w+)#(\d+)\./.exec(text) ?? [];
  const messages = native.messages.length;
  return { session: id, machine, revision: Number(revision), marks: marksIn(text), messages };
}

/** I3: every object that ever stood there is an archive, and holds what the agent's store held. */
export function wholeness({ name, states }: StoreHistory, held: readonly Held[]): string[] {
  const known = new Map(held.map((one) => [`${one.machine}#${one.revision}`, one]));
  return states.flatMap(({ key, bytes, sha256 }) => {
    if (bytes === undefined) return [];
    const where = `I3: ${key} on ${name}`;
    if (sha256 !== undefined && sha256 !== hashOf(bytes)) return [`${where} is not as hashed`];
    try {
      const { session, machine, revision, marks } = readArchive(bytes);
      const state = known.get(`${machine}#${revision}`);
      if (state === undefined || state.session !== session) {
        return [`${where} has ${machine}#${revision} of ${session}, which never was`];
      }
      return isEqual(marks, state.marks) ? [] : [`${where} is no whole ${machine}#${revision}`];
    } catch (error) {
      return [`${where} cannot be read: ${error}`];
    }
  });
}

/** I2: no earlier state of a machine's session ever replaces a later one of the same machine. */
export function progress({ name, states }: StoreHistory): string[] {
  const newest = new Map<string, number>();
  return states.flatMap(({ key, bytes, excuse }) => {
    if (bytes === undefined || isVersion(key)) return [];
    const { machine, revision } = readArchive(bytes);
    const place = `${key} ${machine}`;
    const before = newest.get(place) ?? -1;
    newest.set(place, revision);
    const isBack = revision < before && excuse === undefined;
    return isBack ? [`I2: ${key} on ${name} went from ${machine}#${before} to ${revision}`] : [];
  });
}

/** I4: what an object held stands in what replaces it, or in another object by then. */
export function preservation({ name, states }: StoreHistory): string[] {
  const now = new Map<string, Uint8Array>();
  return states.flatMap(({ key, bytes, excuse }) => {
    const before = now.get(key);
    if (bytes === undefined) now.delete(key);
    else now.set(key, bytes);
    if (before === undefined || excuse !== undefined) return [];
    const { session, marks } = readArchive(before);
    const kept = marksNow(now, session);
    const lost = [...marks].filter((mark) => !kept.has(mark));
    return lost.length === 0 ? [] : [`I4: a write of ${key} on ${name} lost ${lost.join(" ")}`];
  });
}

/**
 * Of which sessions a state could be lost without anybody's fault; see `ObjectState.excuse`.
 *
 * @param history The store.
 * @param excuse The excuse.
 * @param sentBefore Counts only what was sent before, in milliseconds since the beginning.
 */
export function excused(
  { states }: StoreHistory,
  excuse: "late" | "race",
  sentBefore = Infinity,
): ReadonlySet<string> {
  return new Set(
    states.filter((state) => state.excuse === excuse && (state.sentAt ?? 0) < sentBefore)
      .flatMap(({ bytes }) => bytes ? [readArchive(bytes).session] : []),
  );
}

/**
 * I1: what an agent's store holds in the end is in the store: all its marks in one object, at this
 * very revision, or in one that has more. Another machine may have gone on with the session; and where
 * a put was applied of which its sender never knew, a richer copy is taken for such a one.
 *
 * @param history The store.
 * @param last The last state of each session and machine that is still there.
 */
export function arrival({ name, states }: StoreHistory, last: readonly Held[]): string[] {
  const now = new Map(states.map(({ key, bytes }) => [key, bytes]));
  const objects = [...now].flatMap(([key, bytes]) => bytes ? [{ key, ...readArchive(bytes) }] : []);
  return last.flatMap(({ session, machine, revision, marks, messages }) => {
    const its = objects.filter((object) => object.session === session);
    const isThere = its.some((object) => {
      if (![...marks].every((mark) => object.marks.has(mark))) return false;
      const isRicher = object.marks.size > marks.size || object.messages > messages;
      return isRicher || object.machine !== machine || object.revision === revision;
    });
    if (isThere) return [];
    const found = its.map((one) => `${one.key}=${one.machine}#${one.revision}`).join(" ");
    return [
      `I1: ${session} of ${machine} is at #${revision}, and ${name} has ${found || "nothing"}`,
    ];
  });
}

/** Whether a key is that of a version that was kept. */
export function isVersion(key: string): boolean {
  return key.includes("~");
}

function marksNow(now: ReadonlyMap<string, Uint8Array>, session: string): Set<string> {
  const archives = [...now.values()].map(readArchive).filter((one) => one.session === session);
  return new Set(archives.flatMap(({ marks }) => [...marks]));
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((mark) => other.has(mark));
}
