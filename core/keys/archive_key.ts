/**
 * Where an archive lies: `{project}/{YYYY-MM-DD}/{session id}.json`, and back from there.
 *
 * Keys are names for people and for listings. The exact project path stands in the document; two
 * paths may share a project segment.
 *
 * @module
 */
import { ArchiveError } from "../errors.ts";
import { sha256Hex } from "../hash.ts";
import { checkSessionId, idProblem } from "./session_id.ts";

/** The longest project segment, in UTF-8 bytes. */
const MAX_PROJECT_BYTES = 120;
/** How many of them a longer one keeps before its hash. */
const KEPT_PROJECT_BYTES = MAX_PROJECT_BYTES - "-0123abcd".length;

/**
 * A key taken apart.
 *
 * @since 0.1.0
 */
export interface ArchiveKey {
  /** The project path as one segment; see {@linkcode projectSegment}. */
  readonly project: string;
  /** The day the session was created, in UTC: `2026-11-22`. */
  readonly date: string;
  /** The agent's id of the session. */
  readonly id: string;
  /** For an earlier version that was kept: the first 8 hex digits of its SHA-256. */
  readonly version?: string;
  /** Whether the key says that the document is compressed. Readers look at the bytes instead. */
  readonly gzip: boolean;
}

/**
 * The key of a session's archive.
 *
 * @param session Its project path, its creation time (ISO 8601) and its id.
 * @param options Whether the document is packed with gzip, which the name then says.
 * @returns The key, without a backend's prefix.
 * @throws {ArchiveError} `Invalid` for an id that is no plain file name or a time that is none.
 *
 * @example
 * ```ts
 * import { archiveKey } from "@session-archiver/archiver";
 *
 * const key = archiveKey({
 *   projectPath: "/home/user/my-project",
 *   createdAt: "2024-01-15T09:30:00.000Z",
 *   id: "ses_abc123",
 * });
 * console.assert(key === "home_user_my-project/2024-01-15/ses_abc123.json");
 * ```
 *
 * @since 0.1.0
 */
export function archiveKey(
  session: { readonly projectPath: string; readonly createdAt: string; readonly id: string },
  options: { readonly gzip?: boolean } = {},
): string {
  const { projectPath, createdAt, id } = session;
  const name = `${checkSessionId(id)}.json${options.gzip ? ".gz" : ""}`;
  return `${projectSegment(projectPath)}/${creationDay(createdAt, id)}/${name}`;
}

/**
 * The key under which an earlier version of an archive is kept, beside it.
 *
 * @param key The archive's key.
 * @param sha256 SHA-256 of the version's document, as hex.
 * @returns `{project}/{date}/{id}~{first 8 digits}.json`.
 *
 * @since 0.1.0
 */
export function versionKey(key: string, sha256: string): string {
  return key.replace(/(\.json(?:\.gz)?)$/, `~${sha256.slice(0, 8)}$1`);
}

/**
 * The key that a version's was made from by {@linkcode versionKey}; any other key as it is.
 *
 * @param version The version's key.
 */
export function versionedKey(version: string): string {
  return version.replace(/~[0-9a-f]{8}(?=\.json(?:\.gz)?$)/, "");
}

/**
 * Whether a key's name says that the object is packed with gzip. For writing; readers look at the
 * bytes.
 *
 * @param key A key.
 */
export function isPacked(key: string): boolean {
  return key.endsWith(".gz");
}

/**
 * The MIME type of what lies at a key.
 *
 * @param key A key.
 */
export function contentType(key: string): string {
  return isPacked(key) ? "application/gzip" : "application/json";
}

/**
 * Takes a key apart.
 *
 * @param key A key without a backend's prefix.
 * @returns Its parts, or undefined when it is not the key of an archive.
 *
 * @example
 * ```ts
 * import { parseArchiveKey } from "@session-archiver/archiver";
 *
 * const parts = parseArchiveKey("home_user_my-project/2024-01-15/ses_abc123.json");
 * console.assert(parts?.id === "ses_abc123" && parts.date === "2024-01-15");
 * console.assert(parseArchiveKey("holiday.jpg") === undefined);
 * ```
 *
 * @since 0.1.0
 */
export function parseArchiveKey(key: string): ArchiveKey | undefined {
  const match = /^([^/]+)\/(\d{4}-\d{2}-\d{2})\/([^/~]+)(?:~([0-9a-f]{8}))?\.json(\.gz)?$/.exec(
    key,
  );
  if (!match) return undefined;
  const [, project, date, id, version, gz] = match;
  if (idProblem(id) !== undefined || Number.isNaN(Date.parse(date))) return undefined;
  return { project, date, id, ...(version && { version }), gzip: gz !== undefined };
}

/**
 * A project path as one readable segment of a key: the leading separator dropped, separators
 * turned to `_`, characters that stores or shells stumble over to `-`, cut with a short hash past
 * 120 bytes.
 *
 * @param path An absolute path, with `/` or `\`.
 *
 * @example
 * ```ts
 * import { projectSegment } from "@session-archiver/archiver";
 *
 * console.assert(projectSegment("C:\\Users\\me\\x") === "C_Users_me_x");
 * ```
 *
 * @since 0.1.0
 */
export function projectSegment(path: string): string {
  const segment = uncut(path);
  return cut(DEVICE_NAME.test(segment) ? `${segment}-` : segment || "_", path);
}

/**
 * What the segments of all folders below a path begin with. Those of some others do so, too.
 *
 * @param path An absolute path, with `/` or `\`.
 */
export function beginningBelow(path: string): string {
  return beginningOf(uncut(`${path}/x`).slice(0, -"x".length), KEPT_PROJECT_BYTES);
}

function uncut(path: string): string {
  return path.normalize("NFC")
    .replace(/^([A-Za-z]):(?=[\\/]|$)/, "$1")
    .replace(/^[\\/]+|[\\/]+$/g, "")
    .replace(/[\\/]+/g, "_")
    .replace(/[^\p{L}\p{M}\p{N}._@+=, -]|^ +| +$|^\.{1,2}$|\.$/gu, "-");
}

/** Names that Windows keeps for devices, which no folder can have. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

function cut(segment: string, path: string): string {
  if (new TextEncoder().encode(segment).length <= MAX_PROJECT_BYTES) return segment;
  return `${beginningOf(segment, KEPT_PROJECT_BYTES)}-${sha256Hex(path).slice(0, 8)}`;
}

/** As many whole characters as fit into so many UTF-8 bytes. */
function beginningOf(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

function creationDay(createdAt: string, id: string): string {
  const time = new Date(createdAt);
  const day = Number.isNaN(time.getTime()) ? "" : time.toISOString().split("T")[0];
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    throw new ArchiveError(
      "Invalid",
      `session ${id} says it was created at ${JSON.stringify(createdAt)}, which is no time ` +
        `between the years 0 and 9999; it cannot be given a key`,
      { session: id },
    );
  }
  return day;
}
