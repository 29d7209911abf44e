/**
 * Which sessions have come to rest after a change: told from OpenCode's events alone, without a
 * look into any session. Writes nothing; `intents.ts` does.
 *
 * OpenCode says twice that a session is idle (`session.status`, then the older `session.idle`), and
 * twice again after an error or an abort, with the last changes in between. It goes on changing an
 * idle session: its title and its diffs a moment later, and whatever a user edits, reverts or forks.
 *
 * @module
 */
import { isRecord } from "../../core/fields.ts";
import type { Clock } from "./clock.ts";
import type { HostEvent } from "./contract.ts";

/** How long an idle session must have been left alone after an edit, in milliseconds. */
export const QUIET_MS = 1_000;

/** Events that follow a change of what is stored of a session. */
const CHANGES: ReadonlySet<string> = new Set([
  "session.updated",
  "session.compacted",
  "message.updated",
  "message.removed",
  "message.part.updated",
  "message.part.removed",
  "todo.updated",
]);

/** What is known of a session that has shown itself. */
interface Life {
  state: "busy" | "idle" | "deleted";
  /** It changed since it was last told to be at rest. */
  changed: boolean;
  /** Calls off the wait for it to be left alone. */
  callOff?: () => void;
}

/** Watches the sessions of a process. */
export class IdleSessions {
  readonly #sessions = new Map<string, Life>();
  readonly #atRest: (session: string) => void;
  readonly #clock: Clock;

  /**
   * @param atRest Called with the id of a session that changed and is at rest now.
   * @param clock Waits.
   */
  constructor(atRest: (session: string) => void, clock: Clock) {
    this.#atRest = atRest;
    this.#clock = clock;
  }

  /**
   * Takes note of an event. Most are none of ours and cost a comparison.
   *
   * @param event Anything that OpenCode tells.
   */
  see({ type, properties }: HostEvent): void {
    if (type === "session.status") {
      const status = isRecord(properties) && isRecord(properties.status) && properties.status.type;
      const id = sessionOf(properties);
      if (id === undefined || typeof status !== "string") return;
      // Anything else, `retry` too, means that its turn goes on.
      if (status === "idle") this.#idle(id);
      else this.#busy(id);
    } else if (type === "session.idle") within(properties, (id) => this.#idle(id));
    else if (type === "session.created") within(properties, (id) => this.#created(id));
    else if (type === "session.deleted") within(properties, (id) => this.#deleted(id));
    else if (CHANGES.has(type)) within(properties, (id) => this.#changed(id));
  }

  /** Takes all that changed as it is, at work or at rest: nothing more will be heard of it. */
  takeChanged(): readonly string[] {
    const taken: string[] = [];
    for (const [id, life] of this.#sessions) {
      if (life.state === "deleted" || !life.changed) continue;
      calm(life);
      life.changed = false;
      taken.push(id);
    }
    return taken;
  }

  #busy(id: string): void {
    const life = this.#life(id);
    calm(life);
    // A new turn of a deleted session means that it was put back, by another process perhaps.
    life.state = "busy";
    life.changed = true;
  }

  #idle(id: string): void {
    const life = this.#sessions.get(id) ?? this.#life(id, true);
    if (life.state === "deleted" || (life.state === "idle" && !life.changed)) return;
    life.state = "idle";
    this.#rest(id, life);
  }

  #changed(id: string): void {
    const life = this.#life(id);
    if (life.state === "deleted") return;
    life.changed = true;
    if (life.state === "busy") return;
    calm(life);
    life.callOff = this.#clock.after(QUIET_MS, () => this.#rest(id, life));
  }

  /** A deleted session that was put back is a session again. */
  #created(id: string): void {
    if (this.#sessions.get(id)?.state === "deleted") this.#sessions.delete(id);
  }

  /** Its turn may still end after it was deleted, and must not ask for what is no more. */
  #deleted(id: string): void {
    const life = this.#life(id);
    calm(life);
    life.state = "deleted";
  }

  #rest(id: string, life: Life): void {
    calm(life);
    life.changed = false;
    this.#atRest(id);
  }

  #life(id: string, changed = false): Life {
    const known = this.#sessions.get(id);
    if (known) return known;
    const life: Life = { state: "idle", changed };
    this.#sessions.set(id, life);
    return life;
  }
}

function calm(life: Life): void {
  life.callOff?.();
  life.callOff = undefined;
}

function within(properties: unknown, act: (id: string) => void): void {
  const id = sessionOf(properties);
  if (id !== undefined) act(id);
}

/** Every event about a session has its id at run time, whatever the types say. */
function sessionOf(properties: unknown): string | undefined {
  if (!isRecord(properties)) return undefined;
  const { sessionID } = properties;
  return typeof sessionID === "string" && sessionID !== "" ? sessionID : undefined;
}
