/**
 * Listings are whole and in order, or an error; what others put under the prefix is no business of
 * ours.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import type { ListOptions } from "../../../core/backend.ts";
import { BUCKET, EVERYTHING, SHORT, storeFor } from "./fake_store.ts";

const ONE = new Uint8Array(1);

for (const listVersion of [1, 2] as const) {
  const quirks = { ...EVERYTHING, listVersion };

  test(`version ${listVersion}: a truncated listing that does not say how to go on is an error`, async (t) => {
    const { s3, backend } = await storeFor(t, { quirks: { ...quirks } });
    for (let i = 0; i < 30; i++) s3.put(BUCKET, `p/${i + 100}`, ONE);
    s3.fault({ do: "truncatedListingWithoutToken", times: 4 });
    if (listVersion === 2) {
      const message = /the listing ended early.*no word on where to go on/;
      await assert.rejects(names(backend, {}), { code: "Transient", message });
    } else { // which goes on from the last name where it is told none, and so gets there
      assert.equal((await names(backend, {})).length, 30);
    }
  });

  test(`version ${listVersion}: foreign keys under the prefix are left out`, async (t) => {
    const { s3, backend } = await storeFor(t, { prefix: "team", quirks });
    const foreign = [
      "team",
      "team/",
      "team/dir/",
      "team/a//b",
      "team//x",
      "team/./y",
      "team/c\nd",
      "other/e",
    ];
    const odd = ["team/ok", "team/ leading and trailing ", "team/100%/+", "team/ü/\u{1F600}"];
    for (const key of [...foreign, ...odd, "team/dir/f"]) s3.put(BUCKET, key, ONE);
    const expected = [" leading and trailing ", "100%/+", "dir/f", "ok", "ü/\u{1F600}"];
    assert.deepEqual(await names(backend, {}), expected);
    const folded = [" leading and trailing ", "100%/", "a/", "dir/", "ok", "ü/"];
    assert.deepEqual(await names(backend, { delimiter: "/" }), folded);
    for (const { key } of (await infos(backend, {}))) {
      assert.equal((await backend.head(key)).key, key);
    }
  });

  test(`version ${listVersion}: keys without percent-encoding are read too`, async (t) => {
    const { s3, backend } = await storeFor(t, { quirks: { ...quirks, urlEncodedListing: false } });
    for (const key of ["100%25/+a", "a&b<c>", "ü \u{1F600}"]) s3.put(BUCKET, key, ONE);
    assert.deepEqual(await names(backend, {}), ["100%25/+a", "a&b<c>", "ü \u{1F600}"]);
    assert.equal(s3.requests[0].query["encoding-type"], undefined);
  });

  test(`version ${listVersion}: folded prefixes span pages`, async (t) => {
    const { s3, backend } = await storeFor(t, { quirks });
    for (let i = 0; i < 1500; i++) s3.put(BUCKET, `p/${10_000 + i}/x`, ONE);
    const found = await names(backend, { prefix: "p/", delimiter: "/" });
    assert.equal(found.length, 1500);
    assert.equal(found.at(-1), "p/11499/");
    assert.equal(s3.requests.length, 2);
    const limited = { prefix: "p/", delimiter: "/", startAfter: "p/10001/", limit: 3 } as const;
    assert.deepEqual(await names(backend, limited), ["p/10002/", "p/10003/", "p/10004/"]);
  });
}

test("a listing that hangs in the middle of its answer ends", async (t) => {
  const { s3, backend } = await storeFor(t, { timeouts: SHORT, attempts: 1 });
  s3.fault({ on: "ListObjectsV2", do: "hangMidBody" });
  await assert.rejects(names(backend, {}), { code: "Timeout" });
});

test("a listing that always offers the same page is an error", async (t) => {
  const backend = await answering(t, () => page([["a", 1]], "again"));
  await assert.rejects(names(backend, {}), { code: /Transient|NotSupported/ });
  const empty = await answering(t, () => page([], "again"));
  await assert.rejects(names(empty, {}), { code: "Transient", message: /the same page again/ });
});

test("a store that lists in no order is refused, not half listed", async (t) => {
  const pages = [page([["b", 1], ["a", 1]], "2"), page([["a0", 1]])];
  const backend = await answering(
    t,
    (url) => pages[url.searchParams.has("continuation-token") ? 1 : 0],
  );
  await assert.rejects(names(backend, {}), {
    code: "NotSupported",
    message: /order of their bytes/,
  });
});

test("a page out of order is put in order", async (t) => {
  const backend = await answering(t, () => page([["b", 1], ["a", 1]]));
  assert.deepEqual(await names(backend, {}), ["a", "b"]);
});

test("more than was asked for is cut", async (t) => {
  const backend = await answering(t, () => page([["a", 1], ["b", 1], ["c", 1]], "next"));
  assert.deepEqual(await names(backend, { limit: 2 }), ["a", "b"]);
});

test("an answer that is XML but no listing is an error, not an empty store", async (t) => {
  const backend = await answering(t, () => "<?xml version='1.0'?><Login>please</Login>");
  await assert.rejects(names(backend, {}), { code: "Transient", message: /no listing/ });
});

test("a key that is not encoded as it says is an error", async (t) => {
  const backend = await answering(t, () => page([["100%", 1]], undefined, "url"));
  await assert.rejects(names(backend, {}), { code: "Corrupt", message: /urlEncodedListing/ });
});

test("half a surrogate pair in what is asked for does no harm", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", ONE);
  assert.deepEqual(await names(backend, { startAfter: "\ud83d" }), []);
  assert.deepEqual(await names(backend, { prefix: "\ud83d" }), []);
});

/** A backend at a store that answers every listing as told. */
async function answering(
  t: TestContext,
  answer: (url: URL) => string,
  options: Partial<S3BackendOptions> = {},
): Promise<S3Backend> {
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(answer(new URL(request.url ?? "/", "http://store")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const backend = await S3Backend.open({
    bucket: BUCKET,
    endpoint: `http://127.0.0.1:${address.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    env: {},
    ...options,
  });
  t.after(async () => {
    await backend.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return backend;
}

function page(keys: readonly [key: string, size: number][], next?: string, encoding?: string) {
  const contents = keys.map(([key, size]) =>
    `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"e"</ETag></Contents>`
  );
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>` +
    (next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`) +
    (encoding === undefined ? "" : `<EncodingType>${encoding}</EncodingType>`) +
    contents.join("") + "</ListBucketResult>";
}

async function infos(backend: S3Backend, options: ListOptions) {
  const found = [];
  for await (const { objects } of backend.list(options)) found.push(...objects);
  return found;
}

async function names(backend: S3Backend, options: ListOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { objects, prefixes } of backend.list(options)) {
    found.push(...[...objects.map(({ key }) => key), ...prefixes].sort());
  }
  return found;
}
