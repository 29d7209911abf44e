/**
 * The short facts that stand beside an archive where the store keeps metadata, so that a list costs
 * one HEAD a row: ASCII only, at most 2 KB in all.
 *
 * @module
 */
import type { Summary } from "../agent.ts";
import type { ArchiveHeader, DocumentDigest } from "./document.ts";
import type { ArchiveFacts } from "../ledger/ledger.ts";

/** What metadata tells of an archive. */
export interface MetadataFacts {
  /** The agent's name. */
  readonly agent: string;
  /** The agent's id of the session. */
  readonly id: string;
  /** SHA-256 of the plain document, 64 hex digits. */
  readonly sha256: string;
  /** What lists show. */
  readonly facts: ArchiveFacts;
}

/** Bytes a title may take once encoded; it is cut at a character. */
const TITLE_BUDGET = 480;
/** Bytes a project path may take once encoded. A longer one is left out: half a path misleads. */
const PATH_BUDGET = 720;

/**
 * The metadata of a document.
 *
 * @param digest What is known of it.
 * @returns Lower-case names and percent-encoded values.
 */
export function archiveMetadata(digest: DocumentDigest): Record<string, string> {
  const { header, summary, sha256 } = digest;
  const path = encodeURIComponent(header.projectPath.toWellFormed());
  return {
    format: `session-archive-${header.version}`,
    agent: encodeURIComponent(header.agent),
    id: encodeURIComponent(header.id),
    ...(path.length <= PATH_BUDGET && { "project-path": path }),
    "created-at": header.createdAt,
    "updated-at": summary.updatedAt,
    ...(summary.parentId && { "parent-id": encodeURIComponent(summary.parentId) }),
    title: cutEncoded(summary.title, TITLE_BUDGET),
    messages: String(summary.messages),
    sha256,
  };
}

/**
 * Reads metadata back.
 *
 * @param metadata What the store kept, if anything.
 * @returns The facts, or undefined when they are not all there.
 */
export function readMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
): MetadataFacts | undefined {
  if (!metadata) return undefined;
  const { agent, id, sha256, messages } = metadata;
  const path = metadata["project-path"];
  const createdAt = metadata["created-at"];
  const updatedAt = metadata["updated-at"];
  if (!(agent && id && sha256 && path && createdAt && updatedAt)) return undefined;
  const decoded = [agent, id, path, metadata.title ?? "", metadata["parent-id"] ?? ""].map(decode);
  if (decoded.includes(undefined)) return undefined;
  const [agentName, sessionId, projectPath, title, parent] = decoded as string[];
  return {
    agent: agentName,
    id: sessionId,
    sha256,
    facts: {
      title,
      projectPath,
      createdAt,
      updatedAt,
      parentId: parent || null,
      messages: Number(messages) || 0,
    },
  };
}

/**
 * What lists show of a document.
 *
 * @param header Its first line.
 * @param summary Its last line.
 */
export function archiveFacts(header: ArchiveHeader, summary: Summary): ArchiveFacts {
  const { title, updatedAt, parentId, messages } = summary;
  const { projectPath, createdAt } = header;
  return { title, projectPath, createdAt, updatedAt, parentId, messages };
}

function cutEncoded(text: string, budget: number): string {
  let encoded = "";
  for (const character of text.toWellFormed()) {
    const next = encodeURIComponent(character);
    if (encoded.length + next.length > budget) break;
    encoded += next;
  }
  return encoded;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
