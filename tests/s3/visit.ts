/**
 * Visits of the real AWS SDK to a fake, for the fake's own tests.
 *
 * @module
 */
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { type FakeS3, type FakeS3Options, startFakeS3 } from "./fake.ts";

/** A fake, and a client that knows its keys. */
export interface Visit {
  readonly s3: FakeS3;
  readonly client: S3Client;
}

/** The bucket that every fake has. */
export const Bucket = "archives";

/**
 * Starts a fake, visits it, and ends it whatever happens.
 *
 * @param options How the fake is.
 * @param visit What to do there.
 */
export async function visit(
  options: FakeS3Options,
  visit: (there: Visit) => Promise<void>,
): Promise<void> {
  const s3 = await startFakeS3(options);
  const client = clientOf(s3);
  try {
    await visit({ s3, client });
  } finally {
    client.destroy();
    await s3.stop();
  }
}

/**
 * A client of a fake: one try, five seconds for it, and no checksums but those that are asked for.
 *
 * @param s3 The fake.
 * @param config What shall be otherwise.
 */
export function clientOf(s3: FakeS3, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: { ...s3.credentials },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { requestTimeout: 5_000, throwOnRequestTimeout: true },
    ...config,
  });
}

/** What a client sees of an error. */
export interface Seen {
  readonly name: string;
  readonly message: string;
  /** The HTTP status; undefined when no reply came. */
  readonly status: number | undefined;
  /** The error itself. */
  readonly error: Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
}

/**
 * Waits for a call to fail.
 *
 * @param call A call.
 * @throws Error when it succeeds.
 */
export async function failure(call: Promise<unknown>): Promise<Seen> {
  const error = await call.then(() => undefined, (error: Seen["error"]) => error);
  if (error === undefined) throw new Error("the call succeeded");
  const { name, message, $metadata } = error;
  return { name, message, status: $metadata?.httpStatusCode, error };
}

/**
 * Waits for a call to fail, and tells name and status in one text, as in `NoSuchKey 404`.
 *
 * @param call A call.
 */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  const { name, status } = await failure(call);
  return `${name} ${status}`;
}

/** Encodes a text as UTF-8. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
