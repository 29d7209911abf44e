/**
 * Where everything lies in the state's folder. Only paths; what is in a file is told by the module
 * that writes it.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** The lock that lets one process at a time write this state. */
export function lockPath(state: string): string {
  return join(state, "lock");
}

/** The lock of the one relay that waits for a command to give the other one back. */
export function linePath(state: string): string {
  return join(state, "next");
}

/** The folder of the requests for the lock. */
export function handoverFolder(state: string): string {
  return join(state, "handover");
}

/** The folder of the intents. */
export function outboxFolder(state: string): string {
  return join(state, "outbox");
}

/** What every backend acknowledged. */
export function ledgerPath(state: string): string {
  return join(state, "ledger.jsonl");
}

/** The folder of large documents on their way. */
export function spoolFolder(state: string): string {
  return join(state, "spool");
}

/** What the background relay tells of itself. */
export function statusPath(state: string): string {
  return join(state, "status.json");
}

/** Where a verification of all archives was stopped. */
export function verificationMarkPath(state: string): string {
  return join(state, "verification.json");
}

/** That a configuration was once in force whose file was there. */
export function configuredPath(state: string): string {
  return join(state, "configured");
}

/** Since when each agent's store is known. */
export function storesPath(state: string): string {
  return join(state, "stores.json");
}

/** What the background relay did; its predecessor has `.1` behind the name. */
export function relayLogPath(state: string): string {
  return join(state, "relay.log");
}

/** Which directories go by which configuration: one folder for the states of all configurations. */
export function directoriesFolder(state: string): string {
  return join(dirname(state), "directories");
}
