/**
 * A bucket of the embedded store behind a network that breaks, and everything that it ever held.
 *
 * @module
 */
import { type FakeS3, PERSONALITIES, type Personality } from "../s3/fake.ts";
import { withFake } from "../s3/with_fake.ts";
import { isVersion, type ObjectState, readArchive } from "./invariants.ts";
import { type Answered, type Mischief, type Passing, type Proxy, startProxy } from "./proxy.ts";
import type { Tally } from "./tally.ts";

/** What a tally calls it when a write that came late took the place of a newer one. */
export const WENT_BACK = "bucket: went back by a late write";
/** And when one came between a look and the write that followed it. */
export const CAME_BETWEEN = "bucket: came between a look and its write";

const BUCKET = "archives";
/** How late a late request is done, in milliseconds: long enough that something newer is there. */
const LATE_MS = 5_000;

/** A store on which conditions have no effect, whatever is asked. */
const UNCONDITIONAL: Personality = {
  ...PERSONALITIES.plain,
  name: "unconditional",
  ignores: { conditionals: ["PutObject", "CopyObject", "CompleteMultipartUpload"] },
};

/** What each request to the bucket meets. */
export type Meeting = (passing: Passing) => Mischief | undefined;

/** How a bucket is. */
export interface BucketOptions {
  /** Whether writes can be made to depend on what is there. */
  readonly isConditional: boolean;
  /** What requests meet. */
  readonly meet: Meeting;
  /** Counts what happens. */
  readonly tally: Tally;
}

/**
 * Starts one, and ends it however the playing ends.
 *
 * @param play Uses it.
 * @param options How it is.
 */
export async function withWatchedBucket(
  play: (bucket: WatchedBucket) => Promise<void>,
  options: BucketOptions,
): Promise<void> {
  const { isConditional } = options;
  await withFake(async (fake) => {
    const meet = (passing: Passing) => bucket.isCalm ? undefined : options.meet(passing);
    const answered = (passing: Passing, how: Answered) => bucket.note(passing, how);
    const proxy = await startProxy({ target: fake.endpoint, meet, answered, lateMs: LATE_MS });
    const bucket = new WatchedBucket(fake, proxy, options);
    try {
      await play(bucket);
    } finally {
      await proxy.stop();
    }
  }, { buckets: [BUCKET], personality: isConditional ? "plain" : UNCONDITIONAL });
}

/** The bucket. */
export class WatchedBucket {
  /** Every state of every object, in order. */
  readonly states: ObjectState[] = [];
  readonly isConditional: boolean;
  readonly proxy: Proxy;
  /** Nothing goes wrong any more with what is asked from now on. */
  isCalm = false;
  readonly #fake: FakeS3;
  readonly #tally: Tally;
  readonly #etags = new Map<string, string>();
  /** The etag that the last look at an object was answered with. */
  readonly #looks = new Map<string, string | undefined>();
  #storedAt = -Infinity;

  constructor(fake: FakeS3, proxy: Proxy, { isConditional, tally }: BucketOptions) {
    this.#fake = fake;
    this.proxy = proxy;
    this.isConditional = isConditional;
    this.#tally = tally;
  }

  /** When it last stored something, by `performance.now()`. */
  get storedAt(): number {
    return this.#storedAt;
  }

  /** It as a configuration has it. Nobody knows of an address on loopback what it can do. */
  get config(): object {
    const { credentials, region } = this.#fake;
    return {
      type: "s3",
      bucket: BUCKET,
      region,
      endpoint: this.proxy.endpoint,
      forcePathStyle: true,
      credentials,
      quirks: { createOnly: this.isConditional, ifMatch: this.isConditional },
    };
  }

  /**
   * Takes note of what a request did.
   *
   * @param passing Which.
   * @param how How it was done.
   */
  note({ method, path }: Passing, how: Answered): void {
    const { pathname } = new URL(path, this.proxy.endpoint);
    const key = decodeURIComponent(pathname).slice(`/${BUCKET}/`.length);
    if (method === "PUT") this.#noteWrite(key, how.isGivenUp);
    else if (key !== "") this.#looks.set(key, how.etag);
  }

  #noteWrite(key: string, isGivenUp: boolean): void {
    this.#storedAt = performance.now();
    const object = this.#fake.objects(BUCKET).get(key);
    const before = this.#etags.get(key);
    if (object === undefined || object.etag === before) return;
    this.#etags.set(key, object.etag);
    const excuse = this.#excuseOf(key, before, isGivenUp);
    if (!isGivenUp) this.#looks.set(key, object.etag);
    const { bytes, metadata: { sha256 } } = object;
    if (excuse === "late" && this.#goesBackTo(bytes, key)) this.#tally.hit(WENT_BACK);
    if (excuse === "race") this.#tally.hit(CAME_BETWEEN);
    this.states.push({ key, bytes, ...(sha256 && { sha256 }), ...(excuse && { excuse }) });
  }

  /** What a store without conditions cannot help. */
  #excuseOf(
    key: string,
    before: string | undefined,
    isGivenUp: boolean,
  ): ObjectState["excuse"] {
    if (this.isConditional) return undefined;
    if (isGivenUp) return "late";
    return before !== undefined && this.#looks.get(key) !== before ? "race" : undefined;
  }

  #goesBackTo(bytes: Uint8Array, key: string): boolean {
    const before = this.states.findLast((state) => state.key === key)?.bytes;
    if (before === undefined || isVersion(key)) return false;
    return readArchive(bytes).revision < readArchive(before).revision;
  }
}
