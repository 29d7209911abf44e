/**
 * What the user is told without having asked: that the first session is archived, and what keeps
 * sessions from being archived, each once until it is over. As a toast, and as a line of OpenCode's
 * log.
 *
 * @module
 */
import { PACKAGE_PROGRAM, typedCommand } from "../process/typed_command.ts";
import type { BackendStatus, ParkedSessions, Status, StuckSessions } from "../state/status.ts";
import type { LogLevel } from "./contract.ts";
import type { PluginHost } from "./host.ts";

/** What was over and comes back is told again, but not more often than this, in milliseconds. */
const AGAIN_MS = 60 * 60_000;

/** Something to be told. */
interface Notice {
  /** Two of the same are one, however their words differ. */
  readonly id: string;
  readonly level: LogLevel;
  readonly message: string;
}

/** When something was told, and whether it has been over since. */
interface Told {
  readonly at: number;
  isOver: boolean;
}

/** Tells. */
export class Notices {
  readonly #hosts: () => Iterable<PluginHost>;
  readonly #startedAt: number;
  readonly #said = new Set<string>();
  /** What the relay's status gave to tell, by its id. */
  readonly #told = new Map<string, Told>();

  /**
   * @param hosts Those that can be told, at the time.
   * @param startedAt Since when this process archives, in epoch milliseconds.
   */
  constructor(hosts: () => Iterable<PluginHost>, startedAt: number) {
    this.#hosts = hosts;
    this.#startedAt = startedAt;
  }

  /**
   * Tells what is new in the relay's status.
   *
   * @param status What the relay says.
   * @param stamp The stamp of the configuration as it is now.
   */
  see(status: Status, stamp: string): void {
    const found = [...this.#found(status, stamp)];
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, told] of this.#told) told.isOver ||= !ids.has(id);
    const at = Date.parse(status.updatedAt);
    for (const notice of found) this.#tellUnlessTold(notice, at);
    this.#firstSuccess(status);
  }

  *#found(status: Status, stamp: string): Generator<Notice> {
    const { config, waiting, stuck } = status;
    // What was wrong with a configuration that has changed since is no news, nor with its backends.
    if (config.stamp === stamp) {
      if (config.problem !== undefined) yield configNotice(config.problem);
      else yield* this.#inBackends(status);
    }
    if (waiting > 0 && stuck) yield stuckNotice(stuck);
  }

  *#inBackends({ backends, waiting, parked }: Status): Generator<Notice> {
    if (waiting === 0) return;
    for (const [name, backend] of Object.entries(backends)) {
      if (backend.failing) yield this.#backendNotice(name, backend, waiting);
    }
    if (parked) yield* this.#parkedNotice(parked);
  }

  #tellUnlessTold({ id, level, message }: Notice, at: number): void {
    const told = this.#told.get(id);
    if (told && !(told.isOver && at - told.at >= AGAIN_MS)) return;
    this.#told.set(id, { at, isOver: false });
    tell(this.#hosts(), level, message);
  }

  /**
   * Tells what this process itself could not do.
   *
   * @param what What failed, and what that means; without a full stop.
   * @param error What was thrown.
   */
  failed(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#say(`${what} ${reason}`, "error", `${what}: ${sentence(reason)}`);
  }

  /**
   * Tells that it cannot be seen what waits.
   *
   * @param error What was thrown.
   */
  cannotLook(error: unknown): void {
    this.failed("What waits for being archived cannot be looked at", error);
  }

  /**
   * Tells that nobody works on what waits.
   *
   * @param why Why, in one line.
   */
  silent(why: string): void {
    this.#say("silence", "error", `Sessions wait and are not archived: ${sentence(why)}`);
  }

  #backendNotice(name: string, { lastFailure }: BackendStatus, waiting: number): Notice {
    const { code, message } = lastFailure ?? { code: "", message: "it does not say why" };
    const they = `${sessions(waiting)} ${waiting === 1 ? "waits" : "wait"}`;
    return {
      id: `backend ${name} ${code}`,
      level: "error",
      message: `Backend ${name} fails: ${sentence(message)} ${they} and will be tried again; ` +
        `"${this.#command("doctor")}" in a terminal checks it.`,
    };
  }

  *#parkedNotice({ sessions: count, list }: ParkedSessions): Generator<Notice> {
    const [newest] = list;
    if (newest === undefined) return;
    const { session, backend, code, message } = newest;
    const [of, they] = count === 1 ? ["", "It is"] : ["; the last", "They are"];
    yield {
      id: `parked ${code}`,
      level: "error",
      message: `${sessions(count)} cannot be archived${of}, on ${backend}: ${sentence(message)} ` +
        `${they} not tried again before something changes; ` +
        `"${this.#command(`run --session ${session}`)}" in a terminal tries it now.`,
    };
  }

  #firstSuccess({ firstSuccess, history, backends }: Status): void {
    if (firstSuccess === undefined || Date.parse(firstSuccess) < this.#startedAt) return;
    const names = Object.keys(backends).filter((name) => backends[name].lastSuccess);
    const where = names.length === 0 ? "" : ` in ${names.join(", ")}`;
    const older = history?.sessions ?? 0;
    const them = older === 1 ? "it" : "them";
    this.#say(
      "first success",
      "info",
      `The first session is archived${where}, and all others will be by themselves.` +
        (older === 0 ? "" : ` ${sessions(older)} from before ${older === 1 ? "is" : "are"} not: ` +
          `"${this.#command("run")}" in a terminal archives ${them}.`),
    );
  }

  #command(name: string): string {
    const [config] = [...this.#hosts()].flatMap(({ configPath }) => configPath ?? []);
    return typedCommand(PACKAGE_PROGRAM, name, config);
  }

  #say(id: string, level: LogLevel, message: string): void {
    if (this.#said.has(id)) return;
    this.#said.add(id);
    tell(this.#hosts(), level, message);
  }
}

function configNotice(problem: string): Notice {
  return {
    id: `config ${problem}`,
    level: "error",
    message: `Sessions wait and are not archived: ${sentence(problem)} They are archived by ` +
      "themselves once that is corrected.",
  };
}

/** However many there are of a kind, one of them says enough. */
function stuckNotice({ sessions: count, last: { code, message } }: StuckSessions): Notice {
  const [of, they] = count === 1 ? ["", "It waits"] : ["; the last", "They wait"];
  return {
    id: `stuck ${code}`,
    level: "error",
    message: `${sessions(count)} cannot be archived${of}: ${sentence(message)} ${they} and will ` +
      "be tried again.",
  };
}

/**
 * Tells something once in the log, and in every directory as a toast.
 *
 * @param hosts Whom.
 * @param level How grave it is.
 * @param message What.
 */
export function tell(hosts: Iterable<PluginHost>, level: LogLevel, message: string): void {
  const told = new Set<string>();
  for (const host of hosts) {
    if (told.size === 0) host.log(level, message);
    // Two copies of the plugin may be at work in one directory.
    if (!told.has(host.directory)) host.toast(level === "error" ? "error" : "success", message);
    told.add(host.directory);
  }
}

function sessions(count: number): string {
  return `${count} session${count === 1 ? "" : "s"}`;
}

/** With one full stop at its end. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
