/**
 * One backend under examination: opened, tried, and described.
 *
 * @module
 */
import type { Backend, Finding } from "../../../core/backend.ts";
import { asArchiveError } from "../../../core/errors.ts";
import type { BackendConfig, Config } from "../../config/config.ts";
import type { Section } from "./diagnosis.ts";

/** A backend and what was found. */
export interface ExaminedBackend extends Section {
  /** What the user calls it. */
  readonly name: string;
  /** What kind it is. */
  readonly type: BackendConfig["type"];
}

/** What examining depends on. */
export interface Surroundings {
  /** The environment, in which credentials are looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Stops it. */
  readonly signal: AbortSignal;
}

/**
 * Tries all backends of a configuration at the same time.
 *
 * @param config The configuration.
 * @param only The only backend to try, if there is such.
 * @param where What it depends on.
 * @returns One promise a backend, in the file's order. None of them fails.
 */
export async function examineBackends(
  config: Config,
  only: string | undefined,
  where: Surroundings,
): Promise<readonly Promise<ExaminedBackend>[]> {
  const { openBackends } = await import("../../config/backends.ts");
  const chosen = [...config.backends].filter(([name]) => only === undefined || name === only);
  const opened = await openBackends({ ...config, backends: new Map(chosen) }, where);
  return opened.map((backend, index) => examine(backend, chosen[index][1], where));
}

async function examine(
  backend: Backend,
  settings: BackendConfig,
  { signal }: Surroundings,
): Promise<ExaminedBackend> {
  const findings: Finding[] = [];
  try {
    for await (const finding of await findingsOf(backend, signal)) findings.push(finding);
  } catch (error) {
    findings.push(broken(error));
  } finally {
    await backend.close?.();
  }
  const { name } = backend;
  const { type } = settings;
  return { name, type, title: name, place: placeText(settings), findings };
}

async function findingsOf(
  backend: Backend,
  signal: AbortSignal,
): Promise<AsyncIterable<Finding> | Iterable<Finding>> {
  const { UnusableBackend } = await import("../../config/unusable_backend.ts");
  if (backend instanceof UnusableBackend) return [unusable(backend.reason)];
  if (backend.probe) return backend.probe({ signal });
  const { tryBackend } = await import("../../../backends/support/trial.ts");
  return tryBackend(backend, { signal });
}

/** Such an error says itself what to do, behind its last semicolon as a rule. */
function unusable(error: Error): Finding {
  const advice = "correct this in the configuration, or in the files and variables that it names";
  return { check: "open", status: "failed", detail: error.message, advice, error };
}

function broken(thrown: unknown): Finding {
  const error = asArchiveError(thrown);
  if (error.code === "Aborted") {
    return { check: "trial", status: "skipped", detail: "stopped before its end", error };
  }
  return { check: "trial", status: "failed", detail: error.message, error };
}

/**
 * Where a backend stores, in a few words.
 *
 * @param settings What the configuration says of it.
 */
export function placeText(settings: BackendConfig): string {
  if (settings.type === "file") return settings.path;
  const { bucket, prefix = "", endpoint, profile } = settings;
  const at = endpoint ?? (profile === undefined ? "Amazon S3" : `profile ${profile}`);
  return `${[bucket, prefix].filter(Boolean).join("/")} at ${at}`;
}
