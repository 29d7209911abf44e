/**
 * Opens the archive of a configuration for the relay: an archiver for each backend, over one ledger
 * and one spool.
 *
 * @module
 */
import type { Agent } from "../../core/agent.ts";
import type { Backend } from "../../core/backend.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { routeOf, router } from "../../core/routing.ts";
import type { Spool } from "../../core/document/spool.ts";
import { archiverOf } from "../archive/open.ts";
import { openBackends } from "../config/backends.ts";
import { clearTextWarnings } from "../config/clear_text.ts";
import type { BackendConfig, Config } from "../config/config.ts";
import { coreRules } from "../config/core_rules.ts";
import { UnusableBackend } from "../config/unusable_backend.ts";
import type { Surroundings } from "../paths/surroundings.ts";
import { pathRules, projectPaths } from "../paths/project_paths.ts";
import { accessStamp } from "../state/stamps.ts";
import { scarceSpace } from "./free_space.ts";
import type { OpenLane, RelayArchive } from "./relay_archive.ts";

/** What a configuration's archive is opened with. */
export interface LanesSource extends Surroundings {
  /** This machine's agents. */
  readonly agents: readonly Agent[];
  readonly ledger: Ledger;
  readonly spool: Spool;
  /** The state's folder, which is on this machine's own disk. */
  readonly state: string;
}

/**
 * Opens it. Nothing is sent anywhere yet.
 *
 * @param config The configuration.
 * @param source Everything else.
 */
export async function openLanes(config: Config, source: LanesSource): Promise<RelayArchive> {
  const { agents, ledger, env, platform } = source;
  // Before they are opened: what changes from now on they have not seen.
  const access = await accessOf(config, env);
  const backends = await openBackends(config, { env });
  const route = await router(coreRules(config), config.default, pathRules({ platform }));
  const lanes = backends.map((backend) =>
    laneOf(backend, config, { ...source, access: access.get(backend.name) ?? {} })
  );
  return {
    settings: config.archive,
    agents,
    ledger,
    lanes,
    backendsFor: (where) => Promise.resolve(routeOf(where, route, projectPaths).backends),
    warnings: [...config.warnings, ...clearTextWarnings(backends, config)],
    close: async () => {
      await Promise.all(backends.map((backend) => backend.close?.()));
    },
  };
}

type Access = OpenLane["access"];

async function accessOf(
  { backends }: Config,
  env: LanesSource["env"],
): Promise<ReadonlyMap<string, Access>> {
  const access = new Map<string, Access>();
  for (const [name, settings] of backends) {
    const paths = await accessPaths(settings, env);
    const stamps = await Promise.all(paths.map((path) => accessStamp(path)));
    access.set(name, Object.fromEntries(paths.map((path, index) => [path, stamps[index]])));
  }
  return access;
}

async function accessPaths(
  settings: BackendConfig,
  env: LanesSource["env"],
): Promise<readonly string[]> {
  switch (settings.type) {
    case "file": {
      const { accessFolders } = await import("../../backends/file/access_folders.ts");
      return accessFolders(settings.path);
    }
    case "s3": {
      const { credentialFiles } = await import("../../backends/s3/credential_files.ts");
      return await credentialFiles({ ...settings, env });
    }
  }
}

function laneOf(
  backend: Backend,
  config: Config,
  source: LanesSource & { readonly access: Access },
): OpenLane {
  const { name, identity } = backend;
  const settings = config.backends.get(name);
  const folder = settings?.type === "file" ? settings.path : undefined;
  const archiver = archiverOf({ ...source, config, backends: [backend], only: name });
  return {
    name,
    identity,
    access: source.access,
    ...(backend instanceof UnusableBackend && { unusable: backend.reason }),
    begin: () => archiver.begin(),
    settle: (options) => archiver.settle(options),
    tidy: async (options) => await backend.tidy?.(options) ?? 0,
    ...(folder !== undefined && { hindrance: () => scarceSpace(folder, source.state) }),
  };
}
