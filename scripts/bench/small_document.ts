/**
 * Archives of sessions without messages, for stores that hold very many.
 *
 * @module
 */

import { sha256Hex } from "../../core/hash.ts";

/** Which one. */
export interface SmallDocument {
  /** The project's number. */
  readonly project: number;
  /** The day's number, counted from the 1st of January 2026. */
  readonly day: number;
  /** The session's number on that day. */
  readonly number: number;
}

/**
 * Writes one.
 *
 * @param which Which.
 * @returns Its key, its bytes, and the metadata that goes with it, as headers.
 */
export function documentOf({ project, day, number }: SmallDocument): {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const date = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
  const id = `ses_${project}_${day}_${number}`;
  const projectPath = `/home/me/project-${project}`;
  const createdAt = `${date}T12:00:00.000Z`;
  const header = { format: "session-archive", version: 1, agent: "opencode", id, projectPath };
  const summary = { title: id, updatedAt: createdAt, parentId: null, messages: 0 };
  const text = `${JSON.stringify({ ...header, createdAt }).slice(0, -1)},\n` +
    `"native":{"messages":[\n],"info":{}},\n"summary":${JSON.stringify(summary)}}\n`;
  return {
    key: `home_me_project-${project}/${date}/${id}.json`,
    bytes: new TextEncoder().encode(text),
    metadata: {
      "x-amz-meta-agent": "opencode",
      "x-amz-meta-id": id,
      "x-amz-meta-project-path": encodeURIComponent(projectPath),
      "x-amz-meta-created-at": createdAt,
      "x-amz-meta-updated-at": createdAt,
      "x-amz-meta-title": id,
      "x-amz-meta-messages": "0",
      "x-amz-meta-sha256": sha256Hex(text),
    },
  };
}
