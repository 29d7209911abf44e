/**
 * How single backends stand: what the relay said of each, as far as it is still about the same place,
 * and how much each has. None of them is asked.
 *
 * @module
 */
import { openBackends } from "../../config/backends.ts";
import type { Config } from "../../config/config.ts";
import { UnusableBackend } from "../../config/unusable_backend.ts";
import type { BackendStatus } from "../../state/status.ts";
import type { Call } from "../call.ts";
import type { ArchivedCopies } from "./archived_copies.ts";

/** How one backend stands. */
export interface BackendStanding extends BackendStatus {
  /** How many copies it has acknowledged; null where that cannot be told. */
  readonly archived: number | null;
  /** Why it cannot be opened. */
  readonly problem?: string;
}

/** What is known of backends. */
export interface KnownOfBackends {
  /** What the relay said, by their names. */
  readonly told: Readonly<Record<string, BackendStatus>>;
  /** What they have; undefined where that cannot be read. */
  readonly copies: ArchivedCopies | undefined;
  /** Whether what the relay said of what waits can still be so. */
  readonly waits: boolean;
}

/**
 * Finds out how backends stand.
 *
 * @param call Who asks, and for which.
 * @param config Names them; where it cannot be used, those of which the relay told are meant.
 * @param known What is known of them.
 * @returns Each by its name, in the configuration's order.
 */
export async function backendStandings(
  call: Call,
  config: Config | undefined,
  known: KnownOfBackends,
): Promise<Readonly<Record<string, BackendStanding>>> {
  const told = new Map(Object.entries(known.told));
  const places = config
    ? await placesIn(config, call)
    : new Map([...told].map(([name, { identity }]) => [name, { identity }]));
  const wanted = [...places].filter(([name]) => (call.backend ?? name) === name);
  return Object.fromEntries(
    wanted.map(([name, place]) => [name, standing(place, told.get(name), known)]),
  );
}

/** Where a backend stores, or why that cannot be told. */
interface BackendPlace {
  readonly identity: string;
  readonly problem?: string;
}

/** Opening a backend reads files and sends nothing. */
async function placesIn(
  config: Config,
  { terminal: { env }, backend: only }: Call,
): Promise<ReadonlyMap<string, BackendPlace>> {
  const backends = await openBackends(config, { env, only });
  try {
    return new Map(backends.map((one) => {
      const problem = one instanceof UnusableBackend ? { problem: one.reason.message } : {};
      return [one.name, { identity: one.identity, ...problem }];
    }));
  } finally {
    await Promise.all(backends.map((one) => one.close?.()));
  }
}

function standing(
  { identity, problem }: BackendPlace,
  status: BackendStatus | undefined,
  { copies, waits }: KnownOfBackends,
): BackendStanding {
  // Nothing holds of what was said of another place under this name. What cannot be opened has none.
  const isSame = problem !== undefined || status?.identity === identity;
  const known: Partial<BackendStatus> = isSame ? status ?? {} : {};
  const { waiting, waitingSince, pause, failing = false, ...said } = known;
  return {
    ...said,
    failing,
    ...(waits && { waiting, waitingSince, pause }),
    identity,
    archived: problem === undefined ? copies?.copies(identity) ?? null : null,
    ...(problem !== undefined && { problem }),
  };
}
