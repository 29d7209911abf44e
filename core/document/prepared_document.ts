/**
 * A session's document on its way to the backends: written once, read as often as they need it.
 * Small ones stay in memory, large ones go through the spool.
 *
 * @module
 */
import type { LoadedSession, Whereabouts } from "../agent.ts";
import type { Body } from "../backend.ts";
import { type DocumentDigest, DocumentWriter } from "./document.ts";
import { gzipped } from "../gzip.ts";
import { type HeldBody, heldBody, partsOf } from "./held_body.ts";
import type { Spool } from "./spool.ts";
import { streamOf } from "../streams.ts";

/** A written document, to be disposed of. */
export interface PreparedDocument {
  /** What is known of it. */
  readonly digest: DocumentDigest;
  /** Its bytes, for a backend. */
  readonly body: Body;
  /** Its bytes packed with gzip; packed once, when they are first asked for. */
  packed(): Promise<Body>;
  /** Where its session is. */
  readonly where: Whereabouts;
  /** The session's change token that belongs to it. */
  readonly token: string;
  /** What the user should hear about the session. */
  readonly warnings: readonly string[];
  /** Its bytes, as a stream; repeatable. */
  open(): ReadableStream<Uint8Array>;
  /** Removes what was spooled. */
  dispose(): Promise<void>;
}

/**
 * Writes a loaded session as a document.
 *
 * @param agent The agent's name.
 * @param session What was loaded.
 * @param spool Takes it when it is large.
 * @param watch See {@linkcode DocumentWriter}.
 */
export async function prepareDocument(
  agent: string,
  session: LoadedSession,
  spool: Spool,
  watch: Iterable<number>,
): Promise<PreparedDocument> {
  const writer = new DocumentWriter(agent, session, watch);
  const held = await heldBody(writer.chunks(), spool);
  return {
    ...heldDocument(held, spool),
    digest: writer.digest(),
    where: session,
    token: session.token,
    warnings: session.warnings(),
  };
}

/**
 * What a document needs of its bytes.
 *
 * @param held The bytes.
 * @param spool Takes them packed when they are many.
 */
export function heldDocument(
  held: HeldBody,
  spool: Spool,
): Pick<PreparedDocument, "body" | "packed" | "open" | "dispose"> {
  const { body } = held;
  let packed: Promise<HeldBody> | undefined;
  return {
    body,
    packed: async () => (await (packed ??= heldBody(gzipped(partsOf(body)), spool))).body,
    open: () => streamOf(partsOf(body)),
    async dispose() {
      await held.dispose();
      // What could not be packed left nothing behind; whoever asked for it heard why.
      await (await packed?.catch(() => undefined))?.dispose();
    },
  };
}
