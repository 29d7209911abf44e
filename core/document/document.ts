/**
 * The archive document, version 1: what its lines are, and writing one.
 *
 * ```text
 * {"format":"session-archive","version":1,"agent":…,"id":…,"projectPath":…,"createdAt":…,
 * "native":{"messages":[              ← what the agent itself exports, a message or record a line
 * {…},
 * {…}
 * ],"info":{…}},
 * "summary":{…}}
 * ```
 *
 * The same session always gives the same bytes. Reading is in `core/document/document_reader.ts`; the format
 * is written down for strangers in `docs/archive-format.md`.
 *
 * @module
 */
import type { LoadedSession, Summary } from "../agent.ts";
import type { Extent } from "../ledger/ledger.ts";
import { PrefixHash } from "./prefix_hash.ts";
import { Utf8Buffer } from "./utf8_buffer.ts";
import { shapeOf } from "../archiving/versions.ts";

/** Stands in every document's first field. */
export const FORMAT = "session-archive";
/** The major version this library writes. Readers refuse later ones. */
export const FORMAT_VERSION = 1;

/**
 * The first line of a document.
 *
 * @since 0.1.0
 */
export interface ArchiveHeader {
  /** The major version of the format. */
  readonly version: number;
  /** The agent's name. */
  readonly agent: string;
  /** The agent's id of the session. */
  readonly id: string;
  /** The absolute directory the session belonged to when it was archived. */
  readonly projectPath: string;
  /** When the session was created, ISO 8601 in UTC. */
  readonly createdAt: string;
}

/**
 * What is known of a document once its last byte was written.
 *
 * @since 0.1.0
 */
export interface DocumentDigest {
  /** Length in bytes. */
  readonly size: number;
  /** SHA-256 of all bytes, 64 hex digits. */
  readonly sha256: string;
  /** What a later state of the session is compared with. */
  readonly extent: Extent;
  /** Its first line. */
  readonly header: ArchiveHeader;
  /** Its last line. */
  readonly summary: Summary;
  /** SHA-256 of the document's first bytes, for each length that was asked for and reached. */
  readonly prefixes: ReadonlyMap<number, string>;
}

/** Documents are handed on in chunks of about this many bytes. */
const CHUNK = 1 << 18;
/** Lines of this many bytes go out as they are: copying costs more than another chunk. */
const LONG_LINE = 1 << 16;

/**
 * Writes one session as a document, in chunks, and digests it on the way.
 *
 * @example
 * ```ts
 * import { DocumentWriter, type LoadedSession } from "@session-archiver/archiver";
 *
 * async function sizeOf(session: LoadedSession): Promise<number> {
 *   const writer = new DocumentWriter("opencode", session);
 *   for await (const chunk of writer.chunks()) void chunk;
 *   return writer.digest().size;
 * }
 * ```
 *
 * @since 0.1.0
 */
export class DocumentWriter {
  readonly #header: ArchiveHeader;
  readonly #session: LoadedSession;
  readonly #hash: PrefixHash;
  #digest?: DocumentDigest;

  /**
   * Prepares to write; nothing is read yet.
   *
   * @param agent The agent's name.
   * @param session The loaded session; its `native` is read once.
   * @param watch Lengths in bytes at which the hash of the document's beginning is wanted.
   */
  constructor(agent: string, session: LoadedSession, watch: Iterable<number> = []) {
    const { id, projectPath, createdAt } = session;
    this.#header = { version: FORMAT_VERSION, agent, id, projectPath, createdAt };
    this.#session = session;
    this.#hash = new PrefixHash(watch);
  }

  /** The document's bytes. Can be taken once. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Utf8Buffer();
    buffer.text(headerLine(this.#header));
    let lead = '\n"native":';
    let held: Uint8Array | undefined;
    for await (const line of this.#session.native) {
      if (held) {
        buffer.text(lead);
        lead = "\n";
        if (held.length >= LONG_LINE) {
          yield this.#digested(buffer.take());
          yield this.#digested(held);
        } else buffer.bytes(held);
      }
      if (buffer.length >= CHUNK) yield this.#digested(buffer.take());
      held = line;
    }
    if (!held) throw new TypeError(`the agent gave no native lines of ${this.#header.id}`);
    // What comes before the last native line, and its line feed, is what only grows at its end.
    yield this.#digested(buffer.take());
    const grown = { length: this.#hash.size, sha256: this.#hash.sha256 };
    const summary = this.#session.summary();
    buffer.text(lead);
    buffer.bytes(held);
    buffer.text(`,\n"summary":${JSON.stringify(summary)}}\n`);
    yield this.#digested(buffer.take());
    const { size, sha256, prefixes, marks } = this.#hash;
    this.#digest = {
      size,
      sha256,
      extent: {
        ...grown,
        shape: shapeOf(this.#session.inPlace()),
        ...(marks.length > 0 && { marks }),
      },
      header: this.#header,
      summary,
      prefixes,
    };
  }

  /** What is known of the document. Only once all chunks were taken. */
  digest(): DocumentDigest {
    if (!this.#digest) throw new TypeError("a document has a digest once all its chunks are taken");
    return this.#digest;
  }

  #digested<T extends Uint8Array>(bytes: T): T {
    this.#hash.add(bytes);
    return bytes;
  }
}

function headerLine(header: ArchiveHeader): string {
  return JSON.stringify({ format: FORMAT, ...header }).slice(0, -1) + ",";
}
