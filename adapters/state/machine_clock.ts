/**
 * Telling when something was though the wall's clock was set since: within one run of a machine by how
 * long that has been up, which nobody sets.
 *
 * @module
 */
import { uptime } from "node:os";
import { thisProcess } from "./process_identity.ts";

/** A moment, as the clocks told it then. */
export interface Moment {
  /** Epoch milliseconds, as the wall's clock went. */
  readonly date: number;
  /** Absent where the system gives its runs no names. */
  readonly run?: {
    /** Names the machine's run, from power-on to power-off. */
    readonly boot: string;
    /** How long that had lasted, awake or asleep, in milliseconds. */
    readonly ms: number;
  };
}

/** Tells the moment of now. */
export type MachineClock = () => Moment;

/** This machine's clocks. */
export async function machineClock(): Promise<MachineClock> {
  const { boot } = await thisProcess();
  if (boot === "") return () => ({ date: Date.now() });
  return () => ({ date: Date.now(), run: { boot, ms: Math.round(uptime() * 1000) } });
}

/** Some systems tell in whole seconds how long they have been up, in milliseconds. */
const ROUNDING_MS = 2_000;

/**
 * When something was, as if the wall's clock had always gone as it goes now.
 *
 * @param then When it was, by the clocks of then.
 * @param now The moment of now.
 * @returns Epoch milliseconds; where the machine has been restarted since, or is another one, as the
 * wall's clock went then.
 */
export function dateOf({ date, run }: Moment, now: Moment): number {
  if (run === undefined || run.boot !== now.run?.boot) return date;
  const counted = now.date - (now.run.ms - run.ms);
  return Math.abs(counted - date) < ROUNDING_MS ? date : counted;
}
