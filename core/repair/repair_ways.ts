/**
 * The ways to make a copy good again, in the order in which they are tried: what gives back the very
 * same comes first.
 *
 * @module
 */
import type { SessionRef } from "../agent.ts";
import { type ArchiveKey, parseArchiveKey, versionedKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { describe } from "../listing/description.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { type ArchiveFacts, MemoryLedger } from "../ledger/ledger.ts";
import { isEarlier } from "../verify/look.ts";
import { readObject } from "../verify/read_object.ts";
import { bringArchive, bringVersion, type Target } from "./repair_target.ts";
import type { VerifyOutcome } from "../verify/verify_outcome.ts";
import { sessionsWithVersions } from "../prune/versioned_sessions.ts";

/**
 * Where a good copy comes from.
 *
 * - `mirror`: the same archive in another backend.
 * - `version`: a state that was kept, with `exact` the very one that was lost, else the richest.
 * - `agent`: the session itself.
 *
 * @since 0.1.0
 */
export type RepairFrom =
  | { readonly source: "mirror"; readonly backend: string }
  | {
    readonly source: "version";
    readonly backend: string;
    readonly key: string;
    readonly exact: boolean;
  }
  | { readonly source: "agent"; readonly agent: string };

/** One way to repair it; gives the key of what was kept for it. */
export interface Way {
  readonly from: RepairFrom;
  go(): Promise<string | undefined>;
}

/**
 * Finds the ways that there are. Each is looked for only when those before it did not do.
 *
 * An earlier state is brought last, and only over what has fewer messages: nothing is made worse.
 *
 * @param target The copy that is not good.
 * @param copies What was found of all copies of its archive.
 */
export async function* repairWays(
  target: Target,
  copies: readonly VerifyOutcome[],
): AsyncGenerator<Way> {
  const { copy: { key, status } } = target;
  const parts = parseArchiveKey(key);
  if (!parts) return;
  const mirrors = mirrorsOf(target, copies);
  if (parts.version) return yield* mirrors.map((one) => mirrorWay(one, target, bringVersion));
  if (status === "differs") return yield* mirrors.map((one) => mirrorWay(one, target));
  yield* archiveWays(target, parts, mirrors);
}

async function* archiveWays(
  target: Target,
  parts: ArchiveKey,
  mirrors: readonly Backend[],
): AsyncGenerator<Way> {
  const { copy: { key }, backend, source, signal } = target;
  const lost = source.ledger.at(backend.identity, key);
  const older: Mirror[] = [];
  for (const backend of mirrors) {
    const facts = lost && await factsOf(backend, target);
    if (facts && isEarlier(facts, lost.facts)) older.push({ backend, messages: facts.messages });
    else yield mirrorWay(backend, target);
  }
  const versions = await versionsOf(target, parts);
  const isExact = ({ version }: KeptVersion) => lost?.sha256.startsWith(version) === true;
  yield* versions.filter(isExact).map((one) => versionWay(one, true, target));
  for (const agent of source.agents) {
    for await (const session of agent.sessions({ ids: [parts.id], signal })) {
      if ((await source.backendsFor(session)).includes(backend)) yield agentWay(session, target);
    }
  }
  const standing = await messagesStanding(target);
  const hasMore = ({ messages }: { readonly messages: number }) => messages > standing;
  yield* older.filter(hasMore).map((one) => mirrorWay(one.backend, target));
  const richest = versions.filter((one) => !isExact(one) && hasMore(one))
    .sort((a, b) => b.messages - a.messages);
  yield* richest.map((one) => versionWay(one, false, target));
}

/** Who has it whole; where they are not the same, the one that has the newest. */
function mirrorsOf({ copy, source }: Target, copies: readonly VerifyOutcome[]): Backend[] {
  if (copy.status === "differs" && !copy.isOlder) return [];
  const newest = copies.flatMap((one) => one.status === "differs" ? [one.newest] : [])[0];
  return copies.filter(({ backend, status }) => status === "ok" && (newest ?? backend) === backend)
    .map(({ backend }) => source.backend(backend));
}

function mirrorWay(
  mirror: Backend,
  target: Target,
  bring = (to: Target, backend: Backend) => bringArchive(to, { backend, key: to.copy.key }),
): Way {
  return {
    from: { source: "mirror", backend: mirror.name },
    go: () => bring(target, mirror),
  };
}

/** A whole copy elsewhere. */
interface Mirror {
  readonly backend: Backend;
  readonly messages: number;
}

/** What a mirror has; undefined where it cannot be asked, which whoever reads it will be told. */
async function factsOf(
  backend: Backend,
  { copy: { key }, source: { ledger }, signal }: Target,
): Promise<ArchiveFacts | undefined> {
  try {
    return await describe(await backend.head(key, { signal }), { backend, ledger, signal });
  } catch (error) {
    if (!isArchiveError(error) || error.code === "Aborted") throw error;
    return undefined;
  }
}

/** How many messages the bad copy has, where it is the session's, whole, and only not what it was. */
async function messagesStanding({ copy: { key }, backend, signal }: Target): Promise<number> {
  const look = await readObject({ key, backend, ledger: new MemoryLedger(), signal });
  return look.found === "whole" ? look.content?.facts.messages ?? 0 : -1;
}

function versionWay(
  { backend, key }: KeptVersion,
  exact: boolean,
  target: Target,
): Way {
  return {
    from: { source: "version", backend: backend.name, key, exact },
    go: () => bringArchive(target, { backend, key }),
  };
}

function agentWay(session: SessionRef, { backend: { name }, copy, source }: Target): Way {
  return {
    from: { source: "agent", agent: session.agent },
    async go() {
      const { copies } = await source.archive(session);
      const own = copies.find((one) => one.backend === name);
      if (own?.error) throw own.error;
      if (own?.key === copy.key) return own.version;
      throw new ArchiveError(
        "NotFound",
        `its session is still there, and is not archived as ${copy.key} on ${name}`,
        { key: copy.key, backend: name },
      );
    },
  };
}

/** A version that was kept, and can be read. */
interface KeptVersion {
  readonly backend: Backend;
  readonly key: string;
  /** The first 8 hex digits of its SHA-256. */
  readonly version: string;
  readonly messages: number;
}

/** All versions of an archive in all backends. One that cannot be listed has none to give. */
async function versionsOf(
  { copy: { key }, source: { backends, ledger }, signal }: Target,
  parts: ArchiveKey,
): Promise<KeptVersion[]> {
  const found: KeptVersion[] = [];
  for (const backend of backends) {
    try {
      for await (const { versions } of sessionsWithVersions(backend, { keys: [key], signal })) {
        for (const object of versions) {
          const version = parseArchiveKey(object.key)?.version;
          if (!version || versionedKey(object.key) !== key) continue;
          const { id, messages, problem } = await describe(object, { backend, ledger, signal });
          if (problem !== undefined || id !== parts.id) continue;
          found.push({ backend, key: object.key, version, messages });
        }
      }
    } catch (error) {
      if (!isArchiveError(error) || error.code === "Aborted") throw error;
    }
  }
  return found;
}
