/**
 * Stands in for a backend that could not be opened, so that the others go on.
 *
 * @module
 */
import type { Backend, Capabilities, Finding, ListPage, ObjectInfo } from "../../core/backend.ts";
import { ArchiveError } from "../../core/errors.ts";

/** A backend whose every call fails with the reason why it could not be opened. */
export class UnusableBackend implements Backend {
  /** What the user calls it. */
  readonly name: string;
  /** Of no real place. */
  readonly identity: string;
  /** None. */
  readonly capabilities: Capabilities = {
    createOnly: false,
    ifMatch: false,
    metadata: false,
    maxKeyBytes: 1024,
  };
  /** Why it cannot be used. */
  readonly reason: ArchiveError;

  /**
   * Makes one.
   *
   * @param name What the user calls it.
   * @param error What was thrown when it was opened.
   */
  constructor(name: string, error: ArchiveError) {
    this.name = name;
    this.identity = `unusable:${name}`;
    this.reason = named(name, error);
  }

  /** Fails. */
  put(): Promise<{ etag?: string }> {
    return Promise.reject(this.reason);
  }

  /** Fails. */
  get(): Promise<{ info: ObjectInfo; body: ReadableStream<Uint8Array> }> {
    return Promise.reject(this.reason);
  }

  /** Fails. */
  head(): Promise<ObjectInfo> {
    return Promise.reject(this.reason);
  }

  /** Fails. */
  list(): AsyncIterable<ListPage> {
    const next = () => Promise.reject(this.reason);
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /** Fails. */
  delete(): Promise<void> {
    return Promise.reject(this.reason);
  }

  /** Finds nothing but the reason, which says itself what to do, behind its last semicolon as a rule. */
  async *probe(): AsyncGenerator<Finding> {
    const { reason: error } = this;
    const advice = "correct this in the configuration, or in the files and variables that it names";
    yield { check: "open", status: "failed", detail: error.message, advice, error };
  }
}

/** The error with the backend's name in its message, where it does not stand there yet. */
function named(name: string, error: ArchiveError): ArchiveError {
  if (error.backend === name && error.message.includes(name)) return error;
  const message = error.message.includes(JSON.stringify(name))
    ? error.message
    : `the backend ${JSON.stringify(name)} cannot be used: ${error.message}`;
  const { retryable, key } = error;
  return new ArchiveError(error.code, message, { backend: name, key, retryable, cause: error });
}
