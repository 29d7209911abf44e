/**
 * Whether what is stored is what we sent: a reply may be lost after the store has done its work, and
 * the attempt that follows then meets our own object.
 *
 * @module
 */
import { type Body, bodySize } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { sha256, sha256Of } from "../../core/hash.ts";
import { chunksOf } from "../../core/streams.ts";
import type { KeyCall } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { getObject } from "./get.ts";
import { headObject } from "./head.ts";

/** What was sent. */
export interface Sent {
  /** The bytes. */
  readonly body: Body;
  /** What was to be kept beside them. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/**
 * Compares what is stored with what was sent: by length and metadata, and, where those hold no hash
 * of the content, by the bytes themselves.
 *
 * @param connection The store.
 * @param call The write, whose key it is.
 * @param sent What it sent.
 * @returns The etag of the object when it is ours.
 */
export async function claim(
  connection: S3Connection,
  call: KeyCall,
  sent: Sent,
): Promise<{ etag?: string } | undefined> {
  try {
    const { size, metadata = {}, etag } = await headObject(connection, call);
    if (size !== bodySize(sent.body) || !hasAll(metadata, sent.metadata)) return undefined;
    const told = connection.settings.quirks.metadata && sent.metadata?.sha256 !== undefined;
    return told || await hasSameBytes(connection, call, sent.body) ? { etag } : undefined;
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return undefined;
    throw error;
  }
}

function hasAll(kept: Readonly<Record<string, string>>, sent: Sent["metadata"] = {}): boolean {
  // Some stores drop empty values.
  return Object.entries(sent).every(([name, value]) => (kept[name] ?? "") === value);
}

async function hasSameBytes(connection: S3Connection, call: KeyCall, body: Body): Promise<boolean> {
  const reading = await getObject(connection, call, undefined);
  return await sha256Of(chunksOf(reading.body)) === hashOf(body);
}

function hashOf(body: Body): string {
  return body instanceof Uint8Array ? sha256().update(body).digest("hex") : body.sha256;
}
