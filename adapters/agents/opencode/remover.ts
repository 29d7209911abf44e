/**
 * Deletes the sessions of a database by the API of a server of OpenCode of our own.
 *
 * OpenCode has no "delete if unchanged": between the last look and the deletion lies the moment that
 * the request takes. Whoever asks for it sees to it that a session has rested for long.
 *
 * @module
 */
import type { SessionFilter, SessionRef, SessionRemover } from "../../../core/agent.ts";
import { ArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { shortened } from "../../../core/one_line.ts";
import type { SessionFamily } from "../../../core/prune/session_families.ts";
import type { Environment } from "./locations.ts";
import { type OwnServer, startOwnServer } from "./own_server.ts";

/** What deleting needs of its surroundings. */
export interface RemoverParts {
  /** The `opencode` program; the one in `PATH` by default. */
  readonly command?: string;
  /** The environment it runs in. */
  readonly env: Environment;
  /** Looks at sessions. */
  sessions(filter: SessionFilter): AsyncIterable<SessionRef>;
  /** The ids of those sessions that a database has as children of one. */
  childrenOf(store: string, id: string): Promise<readonly string[]>;
  /** What a database has of a session that is not archived, as the rest of a sentence. */
  notArchived(store: string, id: string): Promise<string | undefined>;
}

/**
 * Starts the server.
 *
 * @param store The database.
 * @param parts What it needs.
 * @param signal Stops the start.
 * @throws {ArchiveError} `NotFound` without the program; `NotSupported` when it does not start.
 */
export async function openRemover(
  store: string,
  parts: RemoverParts,
  signal?: AbortSignal,
): Promise<SessionRemover> {
  const { command, env } = parts;
  const server = await startOwnServer(command, { ...env, OPENCODE_DB: store }, signal);
  return {
    async remove(family, { signal } = {}) {
      await checkAsTold(family, parts);
      throwIfAborted(signal, `deleting session ${family[0].id}`);
      const answer = await deletedBy(server, family);
      // An answer says little, and may be lost; what is there says all.
      const left = await asTheyAre(family, parts);
      if (left.size > 0) throw stillThere(family, [...left.keys()], answer);
    },
    close: () => server.close(),
  };
}

/** What the server said, or why it said nothing. */
interface Said {
  readonly text: string;
  readonly cause?: unknown;
}

async function deletedBy(server: OwnServer, [{ id }]: SessionFamily): Promise<Said> {
  try {
    const { status, text } = await server.request("DELETE", `/session/${encodeURIComponent(id)}`);
    return { text: `OpenCode answered ${status}${text === "" ? "" : `: ${shortened(text, 200)}`}` };
  } catch (cause) {
    return { text: cause instanceof Error ? cause.message : String(cause), cause };
  }
}

function stillThere(
  [{ id }]: SessionFamily,
  left: readonly string[],
  { text, cause }: Said,
): ArchiveError {
  return new ArchiveError(
    "NotSupported",
    `session ${id} was not deleted, or not all that it started: ${left.join(", ")} ` +
      `${left.length === 1 ? "is" : "are"} still there; ${text}`,
    { session: id, cause },
  );
}

/** Those of a family that are there now, by id. */
async function asTheyAre(
  family: SessionFamily,
  { sessions }: RemoverParts,
): Promise<Map<string, SessionRef>> {
  const ids = family.map(({ id }) => id);
  const found = new Map<string, SessionRef>();
  for await (const session of sessions({ ids, stores: [family[0].store] })) {
    found.set(session.id, session);
  }
  return found;
}

/** Makes sure that all are there as they were told, that there is no more of them, and nothing in them. */
async function checkAsTold(family: SessionFamily, parts: RemoverParts): Promise<void> {
  const now = await asTheyAre(family, parts);
  const told = new Set(family.map(({ id }) => id));
  for (const { id, store, token } of family) {
    const session = now.get(id);
    if (session === undefined) throw notAsTold(id, "is no longer there");
    if (session.token !== token) throw notAsTold(id, "has changed just now");
    const another = (await parts.childrenOf(store, id)).find((child) => !told.has(child));
    if (another !== undefined) throw notAsTold(another, "was started just now");
    const more = await parts.notArchived(store, id);
    if (more !== undefined) throw notAsTold(id, more);
  }
}

function notAsTold(session: string, what: string): ArchiveError {
  return new ArchiveError("Precondition", `session ${session} ${what}`, { session });
}
