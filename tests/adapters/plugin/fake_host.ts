/**
 * A directory of an OpenCode that only writes down what it is told, and what OpenCode tells itself.
 *
 * @module
 */
import type { HostEvent } from "../../../adapters/plugin/contract.ts";
import type { PluginHost } from "../../../adapters/plugin/host.ts";
import type { Status } from "../../../adapters/state/status.ts";

/** A host for tests. */
export interface FakeHost extends PluginHost {
  readonly logged: string[];
  readonly toasts: string[];
}

/** Makes one. */
export function fakeHost(props: Partial<PluginHost> = {}): FakeHost {
  const logged: string[] = [];
  const toasts: string[] = [];
  return {
    directory: "/home/me/project",
    env: {},
    log: (level, message) => void logged.push(`${level}: ${message}`),
    toast: (variant, message) => void toasts.push(`${variant}: ${message}`),
    ...props,
    logged,
    toasts,
  };
}

/** `session.status`, as OpenCode tells it. */
export function status(sessionID: string, type: "busy" | "idle" | "retry"): HostEvent {
  return { type: "session.status", properties: { sessionID, status: { type } } };
}

/** Any other event about a session. */
export function about(sessionID: string, type: string): HostEvent {
  return { type, properties: { sessionID } };
}

/** The two events that come when a session is idle. */
export function idlePair(sessionID: string): readonly HostEvent[] {
  return [status(sessionID, "idle"), about(sessionID, "session.idle")];
}

/** What a relay says that has not done anything yet. */
export function statusFile(props: Partial<Status> = {}): Status {
  return {
    version: 1,
    updatedAt: "2026-01-02T03:04:05.000Z",
    config: { path: "/config.yaml", stamp: "missing", auto: true, waitOnExitMs: 4_000 },
    backends: {},
    waiting: 0,
    ...props,
  };
}
