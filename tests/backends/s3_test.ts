/**
 * The backend suite against a well-behaved store.
 *
 * @module
 */
import { testBackend } from "./contract.ts";
import { EVERYTHING, fakeStore } from "./s3/fake_store.ts";

testBackend("s3", () => fakeStore());

/** So that a few keys make several pages. */
const SHORT_PAGES = { pageSize: 100 };
const manyKeys = 250;

testBackend("s3 with a prefix", () => fakeStore({ prefix: "team/a b/ü" }, SHORT_PAGES), {
  manyKeys,
});

testBackend(
  "s3 with ListObjects, version 1",
  () => fakeStore({ quirks: { ...EVERYTHING, listVersion: 1 } }, SHORT_PAGES),
  { manyKeys },
);
