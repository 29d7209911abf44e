/**
 * The archive: sessions of all agents into all backends, and back out. What a script, the terminal
 * and the plugin call; it knows no file, no configuration and no particular agent.
 *
 * A session's way is in `core/archiving/archiving.ts`: route by its path → `Agent.load` → `prepareDocument` →
 * one `copyDocument` a backend → `Backend.put` → `Ledger.record`.
 *
 * @module
 */
import type {
  Agent,
  RestoreOptions,
  RestoreOutcome,
  SessionFilter,
  SessionRef,
  Whereabouts,
} from "./agent.ts";
import {
  type ArchiveOptions,
  archiveSession,
  type ArchivingSource,
  type SessionOutcome,
} from "./archiving/archiving.ts";
import type { Backend } from "./backend.ts";
import { sessionsByDeadline } from "./archiving/by_deadline.ts";
import { deleteArchive, type DeleteOptions, type DeleteOutcome } from "./prune/deletion.ts";
import { type EmptiedBackend, forgetEmptied } from "./archiving/emptied.ts";
import { ArchiveError, throwIfAborted } from "./errors.ts";
import { Failures } from "./failures.ts";
import { FoundKeys } from "./archiving/found_keys.ts";
import { type SettledPlace, type SettleOptions, settleWrites } from "./archiving/late_writes.ts";
import { type Ledger, MemoryLedger } from "./ledger/ledger.ts";
import { rememberedIn } from "./ledger/remembered.ts";
import {
  rebuildLedger,
  type RebuildOptions,
  type RebuildOutcome,
} from "./ledger/ledger_rebuild.ts";
import { type ArchiveEntry, findEntry, listArchives, type ListFilter } from "./listing/listing.ts";
import {
  type LocalOutcome,
  type LocalPlan,
  type LocalPruneFilter,
  type LocalSource,
  planLocalPruning,
  pruneLocal,
} from "./prune/local_pruning.ts";
import { MemorySpool } from "./document/memory_spool.ts";
import type { BackendLayout } from "./plain/layout.ts";
import { type LaidOut, layOutArchives, type LayOutOptions } from "./plain/laying_out.ts";
import { asTheyEnd, Slots } from "./parallel.ts";
import { Patience } from "./patience.ts";
import { repairArchives, type RepairOptions, type RepairOutcome } from "./repair/repair.ts";
import { resolveKey } from "./listing/resolution.ts";
import { restoreArchive, type RestoreRequest } from "./restore/restoration.ts";
import {
  retrieveArchive,
  type RetrievedArchive,
  type RetrieveOptions,
} from "./restore/retrieval.ts";
import {
  type PathRules,
  projectMatcher,
  type Route,
  routeOf,
  router,
  type Rule,
  surelyNamed,
} from "./routing.ts";
import type { Spool } from "./document/spool.ts";
import { syncBackends, type SyncOptions } from "./repair/sync.ts";
import type { SyncOutcome } from "./repair/sync_key.ts";
import { verifyArchives, type VerifyOptions } from "./verify/verification.ts";
import type { VerifyOutcome } from "./verify/verify_outcome.ts";
import {
  planPruning,
  type PrunableVersion,
  type PruneFilter,
  type PrunePlan,
  pruneVersions,
} from "./prune/version_pruning.ts";

/**
 * What an {@linkcode Archiver} is made of.
 *
 * @since 0.1.0
 */
export interface ArchiverOptions {
  /** The agents whose sessions are archived. */
  readonly agents: readonly Agent[];
  /** The stores, with names that differ. Reading prefers them in this order. */
  readonly backends: readonly Backend[];
  /** Which projects go where; first match wins. */
  readonly rules?: readonly Rule[];
  /** The names of the backends for projects that no rule matches; all of them by default. */
  readonly default?: readonly string[];
  /** How project paths are compared. */
  readonly paths?: PathRules;
  /** Every form a project's path is known by, for the rules; the path itself by default. */
  readonly pathsOf?: (projectPath: string) => readonly string[];
  /** Remembers copies; for the life of this object by default. */
  readonly ledger?: Ledger;
  /** Holds large documents; memory by default. */
  readonly spool?: Spool;
  /**
   * How new archives are stored: `none` (the default) as plain JSON, `gzip` packed, about a quarter
   * of the size, under a name that ends in `.json.gz`. Archives that are there keep their form.
   */
  readonly compress?: "none" | "gzip";
  /**
   * The backends that get plain files beside archives, by name, each with how these are laid out: for
   * other programs that read agents' own files there. None by default.
   */
  readonly layouts?: Readonly<Record<string, BackendLayout>>;
}

/**
 * Options of {@linkcode Archiver.archiveAll}.
 *
 * @since 0.1.0
 */
export interface ArchiveAllOptions extends SessionFilter {
  /** Globs of project paths; all projects when left out. */
  readonly project?: readonly string[];
  /** Finds out everything and writes nothing. */
  readonly dryRun?: boolean;
  /** See {@linkcode ArchiveOptions.readBack}. */
  readonly readBack?: boolean;
  /** See {@linkcode ArchiveOptions.rescan}. */
  readonly rescan?: boolean;
  /** Sessions sent at once; 4 by default. A few more are read meanwhile, to be sent next. */
  readonly concurrency?: number;
}

/**
 * Sessions that are archived one by one and share what is found out on the way: which backends are
 * dead, which keys are taken, and how many may be sent at once. One run's knowledge gets old; begin
 * another to try a backend again that this one has given up.
 *
 * @since 0.1.0
 */
export interface ArchiveRun {
  /**
   * Archives one session. See {@linkcode Archiver.archive}.
   *
   * @param session Which, as its agent's `sessions()` gave it.
   * @param options Dry run, signal.
   */
  archive(session: SessionRef, options?: ArchiveOptions): Promise<SessionOutcome>;
  /** The backends that this run no longer tries, by name, with what they failed of last. */
  givenUp(): ReadonlyMap<string, Error>;
}

/**
 * Archives sessions and gives them back.
 *
 * @example
 * ```ts
 * import { Archiver, MemoryBackend } from "@session-archiver/archiver";
 *
 * const archiver = new Archiver({ agents: [], backends: [new MemoryBackend()] });
 * for await (const { session, copies } of archiver.archiveAll()) {
 *   console.log(session.id, copies.map((copy) => copy.status));
 * }
 * ```
 *
 * @since 0.1.0
 */
export class Archiver {
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #rules: readonly Rule[];
  readonly #default: readonly string[];
  readonly #paths: PathRules;
  readonly #pathsOf: (projectPath: string) => readonly string[];
  readonly #ledger: Ledger;
  readonly #spool: Spool;
  readonly #gzip: boolean;
  readonly #layouts: ReadonlyMap<string, BackendLayout>;
  #route: Promise<(paths: readonly string[]) => Route> | undefined;

  /**
   * Puts an archiver together; nothing is opened or read yet.
   *
   * @param options What it is made of.
   * @throws {ArchiveError} `Invalid` when names repeat, or a rule names a backend that is not there.
   */
  constructor(options: ArchiverOptions) {
    this.#agents = byName(options.agents, "agents");
    this.#backends = byName(options.backends, "backends");
    this.#rules = options.rules ?? [];
    this.#default = options.default ?? [...this.#backends.keys()];
    this.#paths = options.paths ?? {};
    this.#pathsOf = options.pathsOf ?? ((path) => [path]);
    this.#ledger = options.ledger ?? new MemoryLedger();
    this.#spool = options.spool ?? new MemorySpool();
    this.#gzip = options.compress === "gzip";
    this.#layouts = new Map(Object.entries(options.layouts ?? {}));
    const ruled = this.#rules.map((rule) => rule.backends);
    for (const name of [this.#default, [...this.#layouts.keys()], ...ruled].flat()) {
      this.backend(name);
    }
  }

  /** The backends, in order. */
  get backends(): readonly Backend[] {
    return [...this.#backends.values()];
  }

  /** The agents, in order. */
  get agents(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  /**
   * A backend by its name.
   *
   * @throws {ArchiveError} `Invalid` when there is none of that name; the message lists all.
   */
  backend(name: string): Backend {
    return named(this.#backends, "backend", name);
  }

  /**
   * An agent by its name.
   *
   * @throws {ArchiveError} `Invalid` when there is none of that name; the message lists all.
   */
  agent(name: string): Agent {
    return named(this.#agents, "agent", name);
  }

  /**
   * Archives one session into the backends of its rule, unless they have it. Never throws for what
   * befalls the session: see the copies' `status` and `error`.
   *
   * @param session Which, as its agent's `sessions()` gave it.
   * @param options Dry run, signal.
   */
  async archive(session: SessionRef, options: ArchiveOptions = {}): Promise<SessionOutcome> {
    return await this.#archive(session, options);
  }

  /**
   * Archives every session that is new or has changed, and yields what became of each as it ends. Those
   * that their agents would delete first go first; all are looked at before.
   * Unchanged ones are not loaded. A store that cannot be read fails at the end, after all others. A
   * backend that fails several times in a row and cannot be listed either is not tried further.
   *
   * @param options Which, and how.
   */
  async *archiveAll(options: ArchiveAllOptions = {}): AsyncGenerator<SessionOutcome> {
    const failures = new Failures();
    const { concurrency = 4 } = options;
    yield* asTheyEnd(this.#jobs(options, failures), concurrency + READ_AHEAD);
    failures.throwAny();
  }

  /**
   * Begins a run of several sessions that are archived one by one, as their agents tell of them.
   *
   * @param options How many are sent at once.
   */
  begin(options: { readonly concurrency?: number } = {}): ArchiveRun {
    const patience = new Patience();
    const sending = new Slots(options.concurrency ?? 4);
    const keys = new FoundKeys(this.#ledger);
    const { backends } = this;
    return {
      archive: (session, how = {}) => this.#archive(session, how, { patience, sending, keys }),
      givenUp: () =>
        new Map(backends.flatMap((backend) => {
          const error = patience.lostWith(backend);
          return error ? [[backend.name, error]] : [];
        })),
    };
  }

  /**
   * Finds the backends that hold nothing at all although copies were made there: a folder that was
   * moved away, a disk that is not mounted, another bucket. Their copies count as lost from then on
   * and are made again.
   *
   * @param options Signal.
   * @returns Each with the number of copies that are gone. A backend that cannot be asked fails at
   * the end.
   */
  forgetEmptied(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<EmptiedBackend> {
    return forgetEmptied(this.backends, this.#ledger, options.signal);
  }

  /**
   * Looks after writes whose end is not known: once one can no longer arrive, whether it did, and
   * over what was acknowledged since. Copies that are lost by it are made again by the next
   * archiving, and nothing of what stands there is lost then.
   *
   * @example
   * ```ts
   * import { Archiver, LATE_WRITE_MS } from "@session-archiver/archiver";
   *
   * async function mend(archiver: Archiver) {
   *   const before = Date.now() - LATE_WRITE_MS;
   *   for await (const { key, status } of archiver.settle({ before })) console.log(key, status);
   * }
   * ```
   *
   * @param options Which of them, and the signal.
   * @returns What is there now, one a place. A backend that does not answer is asked once.
   */
  settle(options: SettleOptions): AsyncGenerator<SettledPlace> {
    return settleWrites(this.backends, this.#ledger, options);
  }

  /**
   * What a list would show of one archive.
   *
   * @param key Which.
   * @param options Backend, signal.
   * @throws {ArchiveError} `NotFound` when no backend has it.
   */
  entry(
    key: string,
    options: { readonly backend?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ArchiveEntry> {
    const backends = this.#chosen(options.backend);
    return findEntry(key, { backends, ledger: this.#ledger }, options.signal);
  }

  /**
   * Writes the plain files that archives lack on backends with a layout, from the archives themselves:
   * of sessions that are gone, or that nobody archives just now.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function complete(archiver: Archiver) {
   *   for await (const { key, status } of archiver.layOut()) console.log(key, status);
   * }
   * ```
   *
   * @param options Which are left alone, and the signal.
   * @returns What became of each archive that lacked some.
   */
  layOut(options: LayOutOptions = {}): AsyncGenerator<LaidOut> {
    const { backends, agents } = this;
    return layOutArchives({
      ...{ backends, agents, ledger: this.#ledger, spool: this.#spool },
      layoutOf: this.#layoutOf,
      backendsFor: (where) => this.#backendsFor(where),
    }, options);
  }

  /**
   * Lists archives, newest first.
   *
   * @param filter Which.
   */
  list(filter: ListFilter & { readonly backend?: string } = {}): AsyncGenerator<ArchiveEntry> {
    return listArchives({
      backends: this.#chosen(filter.backend),
      ledger: this.#ledger,
      paths: this.#paths,
    }, filter);
  }

  /**
   * The key that a key, a part of one, or a session id stands for.
   *
   * @param text A key, with its folders and its ending or without; the id of a session.
   * @throws {ArchiveError} `NotFound` when no archive has it, `Invalid` when several do.
   */
  resolve(text: string, options: { backend?: string; signal?: AbortSignal } = {}): Promise<string> {
    const backends = this.#chosen(options.backend);
    return resolveKey(text, { backends, ledger: this.#ledger, signal: options.signal });
  }

  /**
   * Opens an archive for reading, from the first backend that has it. Its hash is checked while it
   * is read.
   *
   * @param key Which.
   * @param options Backend, signal.
   * @throws {ArchiveError} `NotFound` when no backend has it.
   */
  retrieve(
    key: string,
    options: RetrieveOptions & { readonly backend?: string } = {},
  ): Promise<RetrievedArchive> {
    const backends = this.#chosen(options.backend);
    return retrieveArchive(key, { backends, ledger: this.#ledger }, options);
  }

  /**
   * Reads archives back and checks them: there, whole, of the right hash, decodable, what their
   * keys say, and the same in all backends. What is missing or damaged is written again by the next
   * `archiveAll`, where its session is still there.
   *
   * Without keys all backends are walked over at once, in the order of the keys, and memory does not
   * grow with their number. Stopped anywhere, it goes on with `after`.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function check(archiver: Archiver) {
   *   const sample = { share: 0.05, seed: "2026-11" };
   *   for await (const outcome of archiver.verify(undefined, { quick: true, sample })) {
   *     if (outcome.status !== "ok") console.log(outcome.backend, outcome.status, outcome.problem);
   *   }
   * }
   * ```
   *
   * @param keys Which; every object of every backend and every remembered one when left out.
   * @param options How closely, from where on, backend, signal.
   * @returns One outcome a copy, those of one key together. A backend that cannot be listed fails at
   * the end, after the others.
   */
  verify(
    keys?: readonly string[],
    options: VerifyOptions & { readonly backend?: string } = {},
  ): AsyncGenerator<VerifyOutcome> {
    const backends = this.#chosen(options.backend);
    const routed = (path: string, holders: readonly string[]) => this.#routed(path, holders);
    return verifyArchives(keys, { backends, ledger: this.#ledger, routed }, options);
  }

  /**
   * Makes copies good again that are missing, damaged or older than another one: from another
   * backend, from a version that was kept, or from the agent where it still has the session. What
   * stands there and has anything more is kept first; what cannot be repaired is left as it is.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function mend(archiver: Archiver) {
   *   for await (const outcome of archiver.repair(undefined, { dryRun: true })) {
   *     console.log(outcome.key, outcome.backend, outcome.status, outcome.problem);
   *   }
   * }
   * ```
   *
   * @param keys Which; all when left out.
   * @param options Dry run, backend, and how closely to look for what is not good.
   * @returns What became of each copy that is not good.
   */
  repair(
    keys?: readonly string[],
    options: RepairOptions & Pick<VerifyOptions, "quick" | "concurrency"> = {},
  ): AsyncGenerator<RepairOutcome> {
    const chosen = this.#chosen(options.backend);
    const backendsFor = async (where: Whereabouts) =>
      (await this.#backendsFor(where)).filter((backend) => chosen.includes(backend));
    const { quick, concurrency, signal } = options;
    const found = this.verify(keys, { quick, concurrency, signal });
    return repairArchives(found, {
      backends: this.backends,
      agents: this.agents,
      ledger: this.#ledger,
      spool: this.#spool,
      backend: (name) => this.backend(name),
      agent: (name) => this.agent(name),
      backendsFor,
      archive: (session) => this.#archive(session, { named: true, signal }, { backendsFor }),
    }, options);
  }

  /**
   * Brings a backend level with another, as for moving to another bucket: what `from` has and `to`
   * lacks is copied, hashes compared, and read back. Nothing is deleted, and what `to` has and would
   * lose is kept as a version. It can be stopped and done again: what is there already costs nothing.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function move(archiver: Archiver) {
   *   for await (const outcome of archiver.sync("old-bucket", "new-bucket")) {
   *     if (outcome.status === "failed") console.error(outcome.key, outcome.error.message);
   *   }
   * }
   * ```
   *
   * @param from The name of the backend that archives come from.
   * @param to The name of the one that they go to.
   * @param options Dry run, how many at once, signal.
   * @returns What became of each archive and version of either.
   * @throws {ArchiveError} `Invalid` when there is no such backend, or both are the same place.
   */
  sync(from: string, to: string, options: SyncOptions = {}): AsyncGenerator<SyncOutcome> {
    return syncBackends({
      from: this.backend(from),
      to: this.backend(to),
      ledger: this.#ledger,
      spool: this.#spool,
      agent: (name) => this.agent(name),
    }, options);
  }

  /**
   * Makes the ledger anew from what the backends hold, where it was lost or is not to be trusted:
   * listings are quick then, deleted sessions are known by id, and what goes missing is missed. What
   * it knows rightly stays.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function remember(archiver: Archiver) {
   *   for await (const { key, status } of archiver.rebuildLedger()) console.log(key, status);
   * }
   * ```
   *
   * @param options Dry run, backend, how many at once, signal.
   * @returns What is remembered of each archive of each backend.
   */
  rebuildLedger(
    options: RebuildOptions & { readonly backend?: string } = {},
  ): AsyncGenerator<RebuildOutcome> {
    const backends = this.#chosen(options.backend);
    return rebuildLedger({ backends, ledger: this.#ledger }, options);
  }

  /**
   * Deletes an archive. Its session is archived again only once it changes or is named.
   *
   * @param key Which.
   * @param options From which backends; needed when several hold it.
   * @throws {ArchiveError} `NotFound`; `Invalid` when several hold it and none was chosen.
   */
  delete(
    key: string,
    options: DeleteOptions & { readonly backend?: string } = {},
  ): Promise<DeleteOutcome> {
    const backends = this.#chosen(options.backend);
    const { agents } = this;
    return deleteArchive(
      key,
      { backends, agents, ledger: this.#ledger, layoutOf: this.#layoutOf },
      {
        ...options,
        everywhere: options.everywhere ?? options.backend !== undefined,
      },
    );
  }

  /**
   * Finds the kept versions that may go, and deletes nothing. Of each session and backend the
   * version with the most messages and the newest one always stay, beside the archive itself.
   *
   * @param filter Which.
   * @returns A plan for each session and backend that has versions.
   */
  planPruning(
    filter: PruneFilter & { readonly backend?: string } = {},
  ): AsyncGenerator<PrunePlan> {
    const backends = this.#chosen(filter.backend);
    return planPruning({ backends, ledger: this.#ledger, paths: this.#paths }, filter);
  }

  /**
   * Deletes the versions that a plan lets go, once what stays was read back and found good. Nothing
   * else may be writing meanwhile: whoever overwrites an archive counts on versions that it saw.
   *
   * @param plan From {@linkcode Archiver.planPruning}.
   * @param options Signal.
   * @returns Each version when it is gone.
   * @throws {ArchiveError} `Corrupt` or `NotFound` when what should stay is not good.
   */
  pruneVersions(
    plan: PrunePlan,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<PrunableVersion> {
    const { backends } = this;
    return pruneVersions(plan, { backends, ledger: this.#ledger }, options.signal);
  }

  /**
   * Finds the sessions that may be deleted from their agents to free the disk, and deletes nothing.
   * It goes by what is remembered; nothing is asked of a backend.
   *
   * @param filter Which.
   * @returns All sessions of agents that can delete them, each with those that it started.
   * @throws {ArchiveError} `Invalid` for a filter that wants nothing; what an agent's store fails with.
   */
  planLocalPruning(filter: LocalPruneFilter): Promise<LocalPlan[]> {
    return planLocalPruning(this.#localSource(), filter);
  }

  /**
   * Deletes sessions from their agents: each when it was read back from every backend of its rule,
   * with all that it started, and found to be there as it is now. Any doubt keeps it. Nothing else may
   * archive meanwhile.
   *
   * @example
   * ```ts
   * import type { Archiver } from "@session-archiver/archiver";
   *
   * async function freeDisk(archiver: Archiver) {
   *   const now = new Date();
   *   const plans = await archiver.planLocalPruning({ now, keepBytes: 10e9 });
   *   for await (const { sessions, status } of archiver.pruneLocal(plans)) {
   *     console.log(sessions[0].id, status);
   *   }
   * }
   * ```
   *
   * @param plans From {@linkcode Archiver.planLocalPruning}; those that do not go are passed over.
   * @param options Signal.
   * @returns What became of each, as it ends. Why none of a store can be deleted is thrown at the end.
   */
  pruneLocal(
    plans: readonly LocalPlan[],
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<LocalOutcome> {
    return pruneLocal(plans, this.#localSource(), options.signal);
  }

  /**
   * Puts an archive back into its agent, with the sessions it started, parents first.
   *
   * @param key Which.
   * @param options Where to, under which ids, with or without children.
   */
  restore(
    key: string,
    options: RestoreOptions & RestoreRequest & { readonly backend?: string } = {},
  ): Promise<readonly RestoreOutcome[]> {
    const backends = this.#chosen(options.backend);
    const source = { backends, ledger: this.#ledger, paths: this.#paths, spool: this.#spool };
    return restoreArchive(key, source, (name) => this.agent(name), options);
  }

  /** Lets go of all backends. */
  async close(): Promise<void> {
    await Promise.all(this.backends.map((backend) => backend.close?.()));
  }

  #localSource(): LocalSource {
    return {
      agents: this.agents,
      backendsFor: (where) => this.#backendsFor(where),
      ledger: this.#ledger,
      matcher: (patterns) => this.#matcher(patterns),
    };
  }

  /** Tells whether a session is of one of some projects. */
  async #matcher(patterns: readonly string[]): Promise<(session: Whereabouts) => boolean> {
    const matches = await projectMatcher(patterns, this.#paths);
    return ({ projectPath }) => matches(this.#pathsOf(projectPath));
  }

  #chosen(backend: string | undefined): readonly Backend[] {
    return backend === undefined ? this.backends : [this.backend(backend)];
  }

  /** One job a session, as the agents tell of them. What fails an agent's store is put aside. */
  async *#jobs(options: ArchiveAllOptions, failures: Failures) {
    const run = this.begin(options);
    const { ids, stores, project, since, dryRun, readBack, rescan, signal } = options;
    const how = { dryRun, readBack, rescan, signal, named: ids !== undefined };
    const matches = project && await this.#matcher(project);
    const remembered = rescan
      ? undefined
      : rememberedIn(this.#ledger, this.backends.map(({ identity }) => identity));
    const filter = { ids, stores, since, remembered, signal };
    for (const session of await sessionsByDeadline(this.agents, filter, failures)) {
      throwIfAborted(signal, "archiving");
      if (matches && !matches(session)) continue;
      yield () => run.archive(session, how);
    }
  }

  async #archive(
    session: SessionRef,
    options: ArchiveOptions,
    more: Partial<Pick<ArchivingSource, "backendsFor" | "patience" | "sending" | "keys">> = {},
  ): Promise<SessionOutcome> {
    return await archiveSession(session, {
      agent: this.agent(session.agent),
      backendsFor: (where) => this.#backendsFor(where),
      ledger: this.#ledger,
      spool: this.#spool,
      gzip: this.#gzip,
      layoutOf: this.#layoutOf,
      ...more,
    }, options);
  }

  readonly #layoutOf = ({ name }: Backend): BackendLayout | undefined => this.#layouts.get(name);

  async #backendsFor(where: Whereabouts): Promise<readonly Backend[]> {
    const { backends } = routeOf(where, await this.#router(), this.#pathsOf);
    return backends.map((name) => this.backend(name));
  }

  async #routed(projectPath: string, holders: readonly string[]): Promise<readonly string[]> {
    return surelyNamed(projectPath, holders, this.#rules, await this.#router(), this.#pathsOf);
  }

  #router(): Promise<(paths: readonly string[]) => Route> {
    return this.#route ??= router(this.#rules, this.#default, this.#paths);
  }
}

/** Sessions that are read while others are sent, so that neither waits for the other. */
const READ_AHEAD = 2;

function byName<T extends { readonly name: string }>(
  things: readonly T[],
  what: string,
): ReadonlyMap<string, T> {
  const map = new Map(things.map((thing) => [thing.name, thing]));
  if (map.size === things.length) return map;
  const names = things.map((thing) => thing.name).join(", ");
  throw new ArchiveError("Invalid", `two ${what} have the same name: ${names}; name them apart`);
}

function named<T>(things: ReadonlyMap<string, T>, what: string, name: string): T {
  const thing = things.get(name);
  if (thing) return thing;
  const names = [...things.keys()].join(", ") || "none";
  throw new ArchiveError("Invalid", `there is no ${what} named "${name}"; there are: ${names}`);
}
