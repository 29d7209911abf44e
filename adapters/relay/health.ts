/**
 * How a backend has been doing, and when it is tried again: what a lane goes by, and the status tells.
 *
 * @module
 */
import type { BackendStatus } from "../state/status.ts";
import { Refusals } from "./refusals.ts";

/** A moment to come. */
export interface Moment {
  /** By the relay's own clock. */
  readonly at: number;
  /** For people, ISO 8601 in UTC. */
  readonly told: string;
}

/**
 * When a backend is tried again that is left alone, and why it is.
 *
 * - `fails`: it is of no use now. A success of what was still on its way ends that.
 * - `closed`: somebody has to mend something before; it is opened anew then. `files` are what access to
 *   it hangs on, with the stamps that they had when it was opened.
 */
export type NextTry =
  & Moment
  & (
    | { readonly why: "fails" }
    | { readonly why: "closed"; readonly files: Readonly<Record<string, string>> }
  );

/** How a backend has been doing. It outlives the lane when the configuration is read again. */
export interface Health {
  /** The backend's identity. */
  readonly identity: string;
  /** See {@linkcode BackendStatus}. */
  lastSuccess?: BackendStatus["lastSuccess"];
  /** See {@linkcode BackendStatus}. */
  lastFailure?: BackendStatus["lastFailure"];
  /** See {@linkcode BackendStatus}. */
  failing: boolean;
  /** How often it was given up in a row. */
  deaths: number;
  /** What it has refused. */
  readonly refusals: Refusals;
  /** When it is tried again; absent while it is not left alone. */
  nextTry?: NextTry;
  /** It asked itself not to be tried before. */
  askedFor?: Moment;
}

/**
 * The health of a backend that was not tried yet.
 *
 * @param identity Which.
 */
export function freshHealth(identity: string): Health {
  return { identity, failing: false, deaths: 0, refusals: new Refusals() };
}

/**
 * Forgets how often it failed.
 *
 * @param health Whose.
 */
export function forgive(health: Health): void {
  health.deaths = 0;
  health.refusals.answered();
}
