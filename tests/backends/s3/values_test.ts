/**
 * What an option must be like is the same wherever it is written: what the configuration refuses,
 * `S3Backend.open()` refuses too, and the other way round.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../adapters/config/parse.ts";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import { isArchiveError } from "../../../core/errors.ts";

const ENV = { AWS_CONFIG_FILE: "/dev/null/none", AWS_SHARED_CREDENTIALS_FILE: "/dev/null/none" };
const ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";

/** Options, and what is said of them by both; nothing when they are right. */
const CASES: readonly [options: Partial<S3BackendOptions>, says?: RegExp][] = [
  [{}],
  [{ bucket: "" }, /3 to 63 letters/],
  [{ bucket: "ab" }, /3 to 63 letters/],
  [{ bucket: "a b" }, /3 to 63 letters/],
  [{ bucket: "_ab" }, /3 to 63 letters/],
  [{ bucket: "x".repeat(100) }, /3 to 63 letters/],
  [{ bucket: "My.bucket_1" }],
  [{ bucket: "s3://archives" }, /name alone, and what follows it as prefix/],
  [{ bucket: "https://h/archives" }, /name alone, and the store's address as endpoint/],
  [{ bucket: "archives/team" }, /without a slash/],
  [{ bucket: "arn:aws:s3:::archives" }, /the end of its ARN/],
  [{ bucket: ARN, endpoint: undefined }],
  [{ bucket: "fast--use1-az4--x-s3" }, /S3 Express directory bucket lists its keys in no order/],
  [{ region: "eu-central-1" }],
  [{ region: "_x" }, /give the bucket's region/],
  [{ region: "eu central" }, /give the bucket's region/],
  [{ endpoint: "localhost:9000" }, /begin the store's address with https:/],
  [{ endpoint: "http://" }, /give an address/],
  [{ endpoint: "http://me:secret@h" }, /holds a name or password/],
  [{ endpoint: "http://h/?a=b" }, /without \? and what follows/],
  [{ endpoint: "http://h/archives" }, /holds the bucket's name/],
  [{ endpoint: "https://archives.fra1.digitaloceanspaces.com" }, /holds the bucket's name/],
  [{ endpoint: "http://archives.example" }],
  [{ endpoint: "http://h/below/" }],
  [{ prefix: "/team//laptop/" }],
  [{ prefix: "a/../b" }, /".." segment; give names separated by slashes/],
  [{ prefix: "x/".repeat(300) }, /599 bytes long/],
  [{ storageClass: "STANDARD_IA" }],
  [{ storageClass: "standard" }, /give a storage class/],
  [{ serverSideEncryption: "AES" }, /AES256.* "?aws:kms/],
  [{ serverSideEncryption: "aws:kms", kmsKeyId: "alias/a" }],
  [{ serverSideEncryption: "aws:kms", kmsKeyId: "a b" }, /id, alias or ARN of a KMS key/],
  [{ kmsKeyId: "k" }, /only with serverSideEncryption: aws:kms/],
  [{ kmsKeyId: "k", serverSideEncryption: "AES256" }, /only with serverSideEncryption: aws:kms/],
  [{ tags: { "a b": "c/d" } }],
  [{ tags: { "aws:a": "b" } }, /does not begin with aws:/],
  [{ tags: { a: "x".repeat(257) } }, /up to 256/],
  [{ tags: { a: "b;c" } }, /up to 256/],
  [{ tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ""])) }, /10/],
  [{ profile: "work" }, /excludes profile/],
  [{ profile: "[work]", credentials: undefined }, /without \[ and \]/],
  [{ forcePathStyle: true, quirks: { pathStyle: false } }, /the same as forcePathStyle/],
  [{ quirks: { partsAtOnce: 0 } }, /whole number from 1 to 16/],
  [{ quirks: { mostParts: 1 } }, /whole number from 2 to 10000/],
  [{ credentials: { accessKeyId: "a b", secretAccessKey: "c" } }, /access key, without spaces/],
  [{ credentials: { accessKeyId: "a", secretAccessKey: "c\n" } }, /give the secret key/],
];

function optionsOf(more: Partial<S3BackendOptions>): S3BackendOptions {
  return {
    bucket: "archives",
    region: "us-east-1",
    endpoint: "http://localhost:9000",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    ...more,
  };
}

/** What the configuration says. */
function configured(options: S3BackendOptions): string | undefined {
  const text = JSON.stringify({ backends: { far: { type: "s3", ...options } } });
  const where = { path: "/c.yaml", env: { HOME: "/home/me" }, platform: "linux" };
  try {
    parseConfig(text, { ...where, hostname: () => "h" });
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
}

/** What opening the backend says. */
async function opened(options: S3BackendOptions): Promise<string | undefined> {
  try {
    const backend = await S3Backend.open({ ...options, env: ENV });
    await backend.close();
  } catch (error) {
    assert.ok(isArchiveError(error, "Invalid"), String(error));
    assert.doesNotMatch(error.message, /\n|secret@/);
    return error.message;
  }
}

for (const [more, says] of CASES) {
  const what = JSON.stringify(more).slice(0, 80);
  test(`${what} is ${says ? "refused" : "taken"} by configuration and script alike`, async () => {
    const options = optionsOf(more);
    for (const said of [configured(options), await opened(options)]) {
      if (says === undefined) assert.equal(said, undefined);
      else assert.match(said ?? "nothing", says);
    }
  });
}
