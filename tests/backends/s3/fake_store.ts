/**
 * An S3 backend over the fake store: what the tests of the backend share.
 *
 * @module
 */
import type { TestContext } from "node:test";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import { type FakeS3, type FakeS3Options, startFakeS3 } from "../../s3/fake.ts";

/** The only bucket of the fake. */
export const BUCKET = "archives";

/** All that a store as AWS has it can do, over plain HTTP. */
export const EVERYTHING = { createOnly: true, ifMatch: true } as const;

/** Limits short enough for tests, in milliseconds. */
export const SHORT = { connectMs: 500, idleMs: 300, requestMs: 400 } as const;

/** A fake and a backend that stores there. */
export interface FakeStore {
  /** The fake. */
  readonly s3: FakeS3;
  /** The backend. */
  readonly backend: S3Backend;
  /**
   * Another backend on the same fake.
   *
   * @param options What is different.
   */
  open(options?: Partial<S3BackendOptions>): Promise<S3Backend>;
  /** Ends both. */
  dispose(): Promise<void>;
}

/**
 * Starts a fake with a backend on it.
 *
 * @param options What the backend is told beyond the place.
 * @param fake What the fake is told.
 */
export async function fakeStore(
  options: Partial<S3BackendOptions> = {},
  fake: FakeS3Options = {},
): Promise<FakeStore> {
  const s3 = await startFakeS3({ buckets: [BUCKET], ...fake });
  const backends: S3Backend[] = [];
  const open = async (more: Partial<S3BackendOptions> = {}) => {
    const backend = await S3Backend.open({
      bucket: BUCKET,
      endpoint: s3.endpoint,
      region: s3.region,
      credentials: s3.credentials,
      env: {},
      quirks: EVERYTHING,
      ...options,
      ...more,
    });
    backends.push(backend);
    return backend;
  };
  const dispose = async () => {
    await Promise.all(backends.map((backend) => backend.close()));
    await s3.stop();
  };
  try {
    return { s3, backend: await open(), open, dispose };
  } catch (error) {
    await s3.stop();
    throw error;
  }
}

/**
 * The same, ended with the test.
 *
 * @param t The test.
 * @param options What the backend is told beyond the place.
 * @param fake What the fake is told.
 */
export async function storeFor(
  t: TestContext,
  options: Partial<S3BackendOptions> = {},
  fake: FakeS3Options = {},
): Promise<FakeStore> {
  const store = await fakeStore(options, fake);
  t.after(() => store.dispose());
  return store;
}
