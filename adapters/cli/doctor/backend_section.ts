/**
 * One backend under examination: opened, tried, and described.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import { asArchiveError } from "../../../core/errors.ts";
import { endpointOf } from "../../config/clear_text.ts";
import { type ConfiguredBackend, openBackends } from "../../config/backends.ts";
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
export interface ExamineOptions {
  /** The environment, in which credentials are looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a store may say nothing before it is asked again, in milliseconds. */
  readonly timeoutMs?: number;
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
  where: ExamineOptions,
): Promise<readonly Promise<ExaminedBackend>[]> {
  const backends = await openBackends(config, { ...where, only });
  const opened = new Map(backends.map((backend) => [backend.name, backend]));
  return [...config.backends].flatMap(([name, settings]) => {
    const backend = opened.get(name);
    return backend ? [examine(backend, settings, where)] : [];
  });
}

async function examine(
  backend: ConfiguredBackend,
  settings: BackendConfig,
  { signal }: ExamineOptions,
): Promise<ExaminedBackend> {
  const findings: Finding[] = [];
  try {
    for await (const finding of backend.probe({ signal })) findings.push(finding);
  } catch (error) {
    findings.push(broken(error));
  } finally {
    await backend.close?.();
  }
  const { name } = backend;
  const { type } = settings;
  return { name, type, title: name, place: placeText(settings, endpointOf(backend)), findings };
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
 * @param known The endpoint in force, where it is known; a profile may have named it.
 */
function placeText(settings: BackendConfig, known?: string): string {
  if (settings.type === "file") return settings.path;
  const { bucket, prefix = "", endpoint = known, profile } = settings;
  const at = endpoint ?? (profile === undefined ? "Amazon S3" : `profile ${profile}`);
  return `${[bucket, prefix].filter(Boolean).join("/")} at ${at}`;
}
