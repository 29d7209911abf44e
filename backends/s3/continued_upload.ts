/**
 * An object that goes up in parts of which the store has the first ones already, in the object that
 * stands there: those are copied on its side, and only the rest is sent.
 *
 * What was copied is not believed to be the body's beginning. The etags of parts are their MD5 in most
 * stores, and so are compared with the body's own bytes, which are read for it while the store copies.
 * Where they are not, the object must be the one that was named, then and until the end. A store that
 * makes sure of that itself is compared once in a backend's life: MD5 is most of what this costs here.
 *
 * @module
 */
import type { CompletedPart } from "@aws-sdk/client-s3";
import type { Hash } from "node:crypto";
import { type Beginning, type Body, bodySize, PART_SIZE } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { readPart } from "../support/body_parts.ts";
import { type KeyCall, unlessStopped } from "../support/call.ts";
import { BodyCheck, partSize, sentParts } from "./body_upload.ts";
import type { S3Connection } from "./connection.ts";
import { COPIED_PART, copiedPart } from "./copied_part.ts";
import { CopyFailed } from "./copy_failed.ts";
import { headObject } from "./head.ts";
import { plainEtag } from "./keys.ts";
import { md5 } from "./md5.ts";
import type { SendPart, Upload } from "./upload.ts";

/** An object of which the store has the beginning. */
export interface Continuation {
  /** What to store. */
  readonly body: Body;
  /** What is copied. */
  readonly beginning: Beginning;
  /** The store itself refuses to complete the upload when the object is another by then. */
  readonly isGuarded: boolean;
}

/**
 * The parts of an object of which the store has the beginning.
 *
 * @param connection The store.
 * @param call The write.
 * @param continuation What is stored, and what is there of it.
 */
export function continuedUpload(
  connection: S3Connection,
  call: KeyCall,
  continuation: Continuation,
): Upload {
  // An upload may be made again, and begins afresh then.
  let attempt: Attempt | undefined;
  return {
    parts: (group) => (attempt = new Attempt(connection, call, continuation)).parts(group),
    check: async (_, parts) => await attempt?.prove(parts),
  };
}

/** One upload. */
class Attempt {
  readonly #connection: S3Connection;
  readonly #call: KeyCall;
  readonly #continuation: Continuation;
  readonly #check: BodyCheck;
  readonly #isTrusted: boolean;
  /** The MD5 of each part that is copied, and of the first one that is sent. */
  readonly #sums: (string | undefined)[] = [];

  constructor(connection: S3Connection, call: KeyCall, continuation: Continuation) {
    this.#connection = connection;
    this.#call = call;
    this.#continuation = continuation;
    this.#check = new BodyCheck(continuation.body, call);
    this.#isTrusted = continuation.isGuarded && connection.partCopies.areRight;
  }

  async *parts(group: KeyCall): AsyncGenerator<SendPart> {
    const { body, beginning: { etag, length } } = this.#continuation;
    const ranges = rangesOf(length);
    for (const [index, { start, end }] of ranges.entries()) {
      const { key } = this.#call;
      yield orCopyFailed(copiedPart(this.#connection, { key, etag, start, end }, index + 1));
    }
    for (const { start, end } of ranges) await this.#read(start, end, group);
    yield* sentParts(this.#connection, group, body, {
      start: length,
      number: ranges.length + 1,
      step: partSize(
        bodySize(body) - length,
        this.#connection.settings.quirks.mostParts - ranges.length,
      ),
      look: (bytes) => {
        this.#check.add(bytes);
        if (this.#sums.length === ranges.length) {
          this.#sums.push(this.#sum()?.update(bytes).digest("hex"));
        }
      },
    });
  }

  /** Makes sure that what was copied is the body's beginning, as far as that can be told. */
  async prove(parts: readonly CompletedPart[]): Promise<void> {
    if (this.#isTrusted) return;
    const isOwn = parts.map(({ ETag }, index) =>
      index < this.#sums.length && plainEtag(ETag) === this.#sums[index]
    );
    const copied = this.#sums.length - 1;
    if (!isOwn.slice(0, copied).every(Boolean)) {
      // Where the etag of what was sent is a hash, this one tells that something else was copied.
      if (isOwn[copied]) throw new CopyFailed(new Error("other bytes were copied"), false);
      await this.#proveByEtag();
    }
    this.#connection.partCopies.wereRight();
  }

  async #proveByEtag(): Promise<void> {
    const { beginning: { etag }, isGuarded } = this.#continuation;
    if (isGuarded || await this.#standingEtag() === etag) return;
    throw new CopyFailed(new Error("the object was replaced while it was copied"), false);
  }

  async #standingEtag(): Promise<string | undefined> {
    try {
      return (await headObject(this.#connection, this.#call)).etag;
    } catch (error) {
      if (isArchiveError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #sum(): Hash | undefined {
    return this.#isTrusted ? undefined : md5();
  }

  async #read(start: number, end: number, group: KeyCall): Promise<void> {
    const { body } = this.#continuation;
    const sum = this.#sum();
    for (let at = start; at < end; at += PART_SIZE) {
      const to = Math.min(at + PART_SIZE, end);
      const bytes = await unlessStopped(group, () => readPart(body, at, to, group));
      sum?.update(bytes);
      this.#check.add(bytes);
    }
    this.#sums.push(sum?.digest("hex"));
  }
}

/** The least that S3 takes as a part, in bytes, but for the last one. */
export const LEAST_PART: number = 5 << 20;

/**
 * How much of a beginning can be copied: what is left of it behind the last whole part may be too
 * little for one.
 *
 * @param length The beginning's length in bytes.
 */
export function copyableLength(length: number): number {
  const last = length % COPIED_PART;
  return last < LEAST_PART ? length - last : length;
}

function rangesOf(length: number): { readonly start: number; readonly end: number }[] {
  return Array.from({ length: Math.ceil(length / COPIED_PART) }, (_, index) => {
    const start = index * COPIED_PART;
    return { start, end: Math.min(start + COPIED_PART, length) };
  });
}

function orCopyFailed(send: SendPart): SendPart {
  return async (target, call) => {
    try {
      return await send(target, call);
    } catch (error) {
      throw CopyFailed.because(error);
    }
  };
}
