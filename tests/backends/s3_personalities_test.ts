/**
 * The backend suite against stores that refuse, ignore or do wrong what others do.
 *
 * @module
 */
import type { S3BackendOptions } from "../../backends/s3.ts";
import type { PersonalityName } from "../s3/fake.ts";
import { testBackend } from "./contract.ts";
import { fakeStore } from "./s3/fake_store.ts";

/** So that a few keys make several pages. */
const SHORT_PAGES = { pageSize: 100 };
const manyKeys = 250;

const STORES: readonly [PersonalityName, Partial<S3BackendOptions>][] = [
  ["r2", { provider: "r2", quirks: {} }],
  ["b2", { provider: "b2", quirks: {} }],
  ["gcs", { provider: "gcs", quirks: {} }],
  ["old-minio", { provider: "minio", quirks: {} }],
  ["old-ceph", { provider: "ceph", quirks: {} }],
  ["wasabi", { provider: "wasabi", quirks: {} }],
  ["ignorant", { provider: "other", quirks: { metadata: false } }],
];

for (const [personality, options] of STORES) {
  testBackend(
    `s3 at ${personality}`,
    () => fakeStore(options, { personality, ...SHORT_PAGES }),
    { manyKeys, largeBytes: 17 * 1024 * 1024 },
  );
}
