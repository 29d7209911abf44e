/**
 * Opens the backends that a configuration names.
 *
 * @module
 */
import type { Backend } from "../../core/backend.ts";
import { ArchiveError, asArchiveError } from "../../core/errors.ts";
import { chosen } from "./chosen.ts";
import type { BackendConfig, Config } from "./config.ts";
import { UnusableBackend } from "./unusable_backend.ts";

/** A backend that a configuration names. All of those can be tried. */
export type ConfiguredBackend = Backend & Required<Pick<Backend, "probe">>;

/** What opening depends on. */
export interface OpenOptions {
  /** The environment, in which S3 backends look for credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The only backend to open; no other is touched then. */
  readonly only?: string;
  /** How long a store may say nothing before it is asked again, in milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * Opens all backends, or the one that was chosen. Nothing is sent anywhere yet.
 *
 * @param config A configuration.
 * @param options What opening depends on.
 * @returns The backends in the file's order. One that cannot be opened, since its profile does not
 * exist perhaps, has an {@linkcode UnusableBackend} in its place.
 */
export async function openBackends(
  { backends }: Config,
  options: OpenOptions,
): Promise<readonly ConfiguredBackend[]> {
  const names = chosen([...backends.keys()], options.only);
  const opened = await Promise.all(
    [...backends].filter(([name]) => names.includes(name)).map(([name, settings]) =>
      open(name, settings, options).catch((error) =>
        new UnusableBackend(name, asArchiveError(error, { backend: name }))
      )
    ),
  );
  return await refuseTwins(opened);
}

async function open(
  name: string,
  settings: BackendConfig,
  { env, timeoutMs }: OpenOptions,
): Promise<ConfiguredBackend> {
  if (settings.type === "file") {
    const { FileBackend } = await import("../../backends/file.ts");
    return new FileBackend({ path: settings.path, name });
  }
  const { S3Backend } = await import("../../backends/s3.ts");
  const { type: _, ...s3 } = settings;
  const timeouts = timeoutMs === undefined ? {} : { requestMs: timeoutMs, idleMs: timeoutMs };
  return await S3Backend.open({ ...s3, name, env, timeouts });
}

/**
 * Two backends in one place would each take the other's archives for their own. The configuration
 * cannot tell when a profile names the endpoint.
 */
async function refuseTwins(
  backends: readonly ConfiguredBackend[],
): Promise<ConfiguredBackend[]> {
  const first = new Map<string, string>();
  const twins: Backend[] = [];
  const usable = backends.map((backend) => {
    const { name } = backend;
    const other = first.get(backend.identity);
    first.set(backend.identity, other ?? name);
    if (other === undefined) return backend;
    twins.push(backend);
    const message = `the backend ${JSON.stringify(name)} stores in the same place as ` +
      `${JSON.stringify(other)}; leave one of them out`;
    return new UnusableBackend(name, new ArchiveError("Invalid", message, { backend: name }));
  });
  await Promise.all(twins.map((twin) => twin.close?.()));
  return usable;
}
