/**
 * What the user is told without having asked: that the first session is archived, and what keeps
 * sessions from being archived, each once a process. As a toast, and as a line of OpenCode's log.
 *
 * @module
 */
import { PACKAGE_PROGRAM, typedCommand } from "../process/typed_command.ts";
import type { BackendStatus, Status, StuckSessions } from "../state/status.ts";
import type { LogLevel } from "./contract.ts";
import type { PluginHost } from "./host.ts";

/** Tells. */
export class Notices {
  readonly #hosts: () => Iterable<PluginHost>;
  readonly #startedAt: number;
  readonly #said = new Set<string>();

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
    // What was wrong with a configuration that has changed since is no news.
    if (status.config.stamp === stamp) this.#config(status);
    for (const [name, backend] of Object.entries(status.backends)) {
      if (backend.failing && status.waiting > 0) this.#backend(name, backend, status.waiting);
    }
    if (status.stuck && status.waiting > 0) this.#stuck(status.stuck);
    this.#firstSuccess(status);
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
   * Tells that nobody works on what waits.
   *
   * @param why Why, in one line.
   */
  silent(why: string): void {
    this.#say("silence", "error", `Sessions wait and are not archived: ${sentence(why)}`);
  }

  #config({ config: { problem } }: Status): void {
    if (problem === undefined) return;
    this.#say(
      `config ${problem}`,
      "error",
      `Sessions wait and are not archived: ${sentence(problem)} They are archived by themselves ` +
        "once that is corrected.",
    );
  }

  #backend(name: string, { lastFailure }: BackendStatus, waiting: number): void {
    const { code, message } = lastFailure ?? { code: "", message: "it does not say why" };
    this.#say(
      `backend ${name} ${code}`,
      "error",
      `Backend ${name} fails: ${sentence(message)} ${sessions(waiting)} ` +
        `${waiting === 1 ? "waits" : "wait"} and will be tried again; "${
          this.#command("doctor")
        }" in a ` +
        "terminal checks it.",
    );
  }

  /** However many there are of a kind, one of them says enough. */
  #stuck({ sessions: count, last: { code, message } }: StuckSessions): void {
    const [of, they] = count === 1 ? ["", "It waits"] : ["; the last", "They wait"];
    this.#say(
      `stuck ${code}`,
      "error",
      `${sessions(count)} cannot be archived${of}: ${
        sentence(message)
      } ${they} and will be tried ` +
        "again.",
    );
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
