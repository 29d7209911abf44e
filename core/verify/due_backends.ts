/**
 * Backends that should have an archive by the rules in force now, whatever is remembered: one that
 * was added since, or never got its copy.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Look } from "./look.ts";
import type { KeyPlace } from "./merged_walk.ts";

/** Where archives are verified, and who remembers them. */
export interface VerifySource {
  /** The stores, in order. */
  readonly backends: readonly Backend[];
  /** Remembers what was archived, and is told what is lost. */
  readonly ledger: Ledger;
  /**
   * The names of the backends that the rules are sure to send a project's sessions to. Without it
   * only what is remembered is missed.
   *
   * @param projectPath The project.
   * @param holders The names of those that have an archive of such a session.
   */
  routed?(projectPath: string, holders: readonly string[]): Promise<readonly string[]>;
}

/** Backends that lack an archive which the rules send there, and the project that they go by. */
export type Due = ReadonlyMap<Backend, string>;

/**
 * Finds them. A session that is remembered to have another key there, or whose copy there was
 * deleted, is not missed; nor is a kept version.
 *
 * @param place What is known of the archive's key.
 * @param looks What was seen of it so far.
 * @param source Where it is, and what the rules say.
 */
export async function dueBackends(
  { key, lacking, unlisted }: KeyPlace,
  looks: ReadonlyMap<Backend, Look>,
  { ledger, routed }: VerifySource,
): Promise<Due> {
  const without = [
    ...lacking,
    ...unlisted.filter((backend) => looks.get(backend)?.found === "absent"),
  ].filter(({ identity }) => ledger.at(identity, key) === undefined);
  if (!routed || without.length === 0 || parseArchiveKey(key)?.version) return new Map();
  const holders = [...looks].filter(([, { found }]) => found === "whole" || found === "unseen");
  const projectPath = holders.map((holder) => projectOf(holder, key, ledger)).find(Boolean);
  if (projectPath === undefined) return new Map();
  const names = await routed(projectPath, holders.map(([{ name }]) => name));
  const sessions = holders.flatMap(([{ identity }]) => ledger.allAt(identity, key));
  const isElsewhere = ({ identity }: Backend) =>
    sessions.some((session) => ledger.get(session, identity) !== undefined);
  const due = without.filter((one) => names.includes(one.name) && !isElsewhere(one));
  return new Map(due.map((backend) => [backend, projectPath]));
}

/** The project that an archive is of, by itself, else by what is remembered. */
function projectOf(
  [{ identity }, look]: readonly [Backend, Look],
  key: string,
  ledger: Ledger,
): string | undefined {
  const content = look.found === "whole" ? look.content : undefined;
  return (content ?? ledger.at(identity, key))?.facts.projectPath;
}

/**
 * What was seen, with the reason why an archive is missed where only the rules tell.
 *
 * @param key The archive's key.
 * @param backend Where it was looked for.
 * @param look What was seen.
 * @param due Who is to have it by the rules.
 */
export function whyMissed(key: string, backend: Backend, look: Look, due: Due): Look {
  const projectPath = due.get(backend);
  if (look.found !== "absent" || projectPath === undefined) return look;
  return {
    found: "absent",
    problem: `${key} is not on ${backend.name}, where the rules send the sessions of ` +
      `${projectPath}; archive its session again`,
  };
}
