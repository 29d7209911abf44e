/**
 * Deleting the plain files of an archive that the user deletes: those that are remembered, and all that
 * any machine has written of the session.
 *
 * @module
 */
import type { Agent } from "../agent.ts";
import type { Backend } from "../backend.ts";
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { inParallel } from "../parallel.ts";
import { type AgentLayout, type BackendLayout, folderIn } from "./layout.ts";
import { hasLayout } from "./plain_copy.ts";
import { objectsAt } from "./plain_objects.ts";

/** Where plain files are deleted. */
export interface PlainRemoval {
  /** The backend. */
  readonly backend: Backend;
  /** How they are laid out there by now, if they are. */
  readonly layout?: BackendLayout;
  /** Know whose a file is. */
  readonly agents: readonly Agent[];
  /** Remembers where some of them are. */
  readonly ledger: Ledger;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** Requests under way at once. */
const REQUESTS = 16;

/**
 * Deletes the plain files of an archive, unless another archive of the same session stays there.
 *
 * @param key The archive's; for a kept version nothing is deleted.
 * @param removal Where.
 * @returns How many files were deleted.
 */
export async function removePlainFiles(key: string, removal: PlainRemoval): Promise<number> {
  const { backend, ledger, signal } = removal;
  const parts = parseArchiveKey(key);
  if (!parts || parts.version || isElsewhere(key, parts.id, removal)) return 0;
  const entries = ledger.allAt(backend.identity, key).filter(({ plain }) => plain !== undefined);
  const keys = new Set<string>();
  for (const { plain } of entries) {
    if (plain?.at === undefined) continue;
    for (const one of (await objectsAt(plain.at, backend, signal)).keys()) keys.add(one);
  }
  for (const one of await keysOf(parts.id, removal)) keys.add(one);
  await inParallel([...keys], REQUESTS, (one) => backend.delete(one, { signal }));
  for (const { plain: _, ...entry } of entries) await ledger.record(entry);
  return keys.size;
}

/** Whether another archive of the session is remembered in the same backend. */
function isElsewhere(key: string, id: string, { backend, ledger }: PlainRemoval): boolean {
  for (const entry of ledger.entries()) {
    const isOther = entry.backend === backend.identity && entry.id === id && entry.key !== key;
    if (isOther && entry.state === "stored") return true;
  }
  return false;
}

/** Everything of a session that lies where plain files do, of whatever machine. */
async function keysOf(id: string, removal: PlainRemoval): Promise<readonly string[]> {
  const { layout, backend, agents, signal } = removal;
  if (layout === undefined) return [];
  const layouts = await Promise.all(
    agents.filter((agent) => hasLayout(agent, layout)).map((agent) => agent.layout?.(layout.name)),
  );
  const known = layouts.filter((one) => one !== undefined);
  if (known.length === 0) return [];
  const found = await inParallel(await machinesIn(backend, signal), REQUESTS, async (machine) => {
    const places = known.map((one) => ({ ...one, at: folderIn({ ...layout, machine }, one) }));
    return (await Promise.all(places.map((place) => keysIn(place, id, removal)))).flat();
  });
  return found.flat();
}

async function keysIn(
  { at, sessionOf }: AgentLayout & { readonly at: string },
  id: string,
  { backend, signal }: PlainRemoval,
): Promise<string[]> {
  const keys = (await objectsAt(at, backend, signal)).keys();
  return [...keys].filter((key) => sessionOf(key.slice(at.length)) === id);
}

/** What may be a machine: projects have folders beside them. */
async function machinesIn(backend: Backend, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list({ delimiter: "/", signal })) {
    for (const folder of page.prefixes) names.push(folder.slice(0, -1));
  }
  return names;
}
