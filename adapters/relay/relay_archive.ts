/**
 * The archive as the relay sees it: a lane for each backend, so that one that is dead or slow holds
 * up no other. `open_lanes.ts` opens the configured one; tests make theirs of memory.
 *
 * @module
 */
import type { Agent, Whereabouts } from "../../core/agent.ts";
import type { ArchiveRun } from "../../core/archiver.ts";
import type { TidyOptions } from "../../core/backend.ts";
import type { ArchiveError } from "../../core/errors.ts";
import type { SettledPlace, SettleOptions } from "../../core/archiving/late_writes.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { ArchiveConfig } from "../config/config.ts";

/** The way to one backend. */
export interface OpenLane {
  /** The backend's name. */
  readonly name: string;
  /** The backend's identity. */
  readonly identity: string;
  /** Why it could not be opened, where it could not. */
  readonly unusable?: ArchiveError;
  /**
   * The files that its credentials come from, or the folders that it lies in, by path, each with its
   * stamp before it was opened.
   */
  readonly access: Readonly<Record<string, string>>;
  /** Begins a run into this backend alone. */
  begin(): ArchiveRun;
  /**
   * Looks after writes to this backend whose end is not known.
   *
   * @param options Which, and the signal.
   */
  settle(options: SettleOptions): AsyncIterable<SettledPlace>;
  /**
   * Removes what killed writes left behind; see `Backend.tidy`.
   *
   * @param options How old it is at least, and the signal.
   */
  tidy(options: TidyOptions): Promise<number>;
  /**
   * Why nothing shall be stored there now, though it would work; its disk is almost full, perhaps.
   * Answers within seconds, also of a disk that does not.
   */
  hindrance?(): Promise<string | undefined>;
}

/** An archive that is open. */
export interface RelayArchive {
  /** When and how sessions are archived. */
  readonly settings: ArchiveConfig;
  /** The agents of this machine. */
  readonly agents: readonly Agent[];
  /** What every backend has. */
  readonly ledger: Ledger;
  /** One a backend; at least one. */
  readonly lanes: readonly OpenLane[];
  /**
   * The names of the backends that the rules name for a session.
   *
   * @param where Where it is.
   */
  backendsFor(where: Whereabouts): Promise<readonly string[]>;
  /** What is not wrong but should be known, a line each. */
  readonly warnings: readonly string[];
  /** Lets go of the backends. */
  close(): Promise<void>;
}
