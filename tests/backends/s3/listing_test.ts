/**
 * Listings are whole and in order, or an error; what others put under the prefix is no business of
 * ours.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { S3Backend, S3BackendOptions } from "../../../backends/s3.ts";
import type { ListOptions } from "../../../core/backend.ts";
import { forgetEmptied } from "../../../core/archiving/emptied.ts";
import { MemoryLedger } from "../../../core/ledger/ledger.ts";
import { entry } from "../../adapters/state/temporary.ts";
import { serving } from "./serving.ts";
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

for (
  const [what, listed] of [
    ["but for their pluses", "team+lap%20top/a%2Bb/100%25.json"],
    ["as AWS does", "team%2Blap+top/a%2Bb/100%25.json"],
  ]
) {
  test(`names encoded ${what} are read by what they begin with`, async (t) => {
    const options = { prefix: "team+lap top" };
    const backend = await answering(t, () => page([[listed, 1]], undefined, "url"), options);
    assert.deepEqual(await names(backend, {}), ["a+b/100%.json"]);
  });
}

test("names that are said to be encoded and are not are read by what they begin with", async (t) => {
  const listed = () => page([["te%61m/a b.json", 1], ["te%61m/c+d.json", 1]], undefined, "url");
  const backend = await answering(t, listed, { prefix: "te%61m" });
  assert.deepEqual(await names(backend, {}), ["a b.json", "c+d.json"]);
});

test("the first version's word on where to go on is read as the names are", async (t) => {
  const asked: (string | null)[] = [];
  const backend = await answering(t, ({ searchParams }) => {
    asked.push(searchParams.get("marker"));
    if (asked.length === 2) return page([["te+am/b", 1]], undefined, "url");
    return page([["te+am/a", 1]], "te+am/a%2B", "url")
      .replaceAll("NextContinuationToken", "NextMarker");
  }, { prefix: "te+am", quirks: { listVersion: 1 } });
  assert.deepEqual(await names(backend, {}), ["a", "b"]);
  assert.deepEqual(asked, [null, "te+am/a+"]);
});

for (
  const [what, listed, encoding] of [
    ["are encoded without being said to be", "te%20am/a/b.json"],
    ["are somebody else's", "other/a.json"],
    ["are somebody else's, encoded", "other/a.json", "url"],
    ["lack the slash behind the prefix", "te amb/a.json"],
  ]
) {
  test(`names that ${what} are an error, not an empty store`, async (t) => {
    for (const key of [[listed], ["te am/ok", listed]]) {
      const keys = key.map((name): [string, number] => [name, 1]);
      const backend = await answering(t, () => page(keys, undefined, encoding), {
        prefix: "te am",
      });
      await assert.rejects(names(backend, {}), {
        code: "NotSupported",
        message: /sent keys outside the prefix.*does not begin with "te am\/".*urlEncodedListing/,
      });
    }
  });
}

test("names outside of what the caller asks for are an error too", async (t) => {
  const backend = await answering(t, () => page([["a/1", 1]]));
  await assert.rejects(names(backend, { prefix: "b/" }), { code: "NotSupported" });
  const folded = await answering(t, () => page([], undefined, undefined, ["a/"]));
  await assert.rejects(names(folded, { prefix: "b/", delimiter: "/" }), { code: "NotSupported" });
});

test("a listing without an end is an error, whatever it says of where to go on", async (t) => {
  let pages = 0;
  const empty = await answering(t, () => page([], `token${pages++}`));
  await assert.rejects(names(empty, {}), { code: "Transient", message: /does not end/ });
  assert.ok(pages <= 100, `${pages} pages`);
  const turns = await answering(
    t,
    (url) => page([], url.searchParams.get("continuation-token") === "a" ? "b" : "a"),
  );
  await assert.rejects(names(turns, {}), { code: "Transient", message: /the same page again/ });
});

test("empty pages, as deleted objects leave them, do not end a listing", async (t) => {
  let pages = 0;
  const backend = await answering(t, () => {
    if (++pages === 181) return page([["b", 1]]);
    return page(pages === 91 ? [["a", 1]] : [], `token${pages}`);
  });
  assert.deepEqual(await names(backend, {}), ["a", "b"]);
});

for (const word of ["1", "", "yes"]) {
  test(`a listing that is truncated in the word "${word}" is an error`, async (t) => {
    const odd = page([["a", 1]], "token").replace(">true<", `>${word}<`);
    const backend = await answering(t, () => odd);
    await assert.rejects(names(backend, {}), { code: "Transient", message: /no listing/ });
  });
}

test("a listing that is truncated in capitals goes on", async (t) => {
  const backend = await answering(
    t,
    (url) =>
      url.searchParams.has("continuation-token")
        ? page([["b", 1]]).replace(">false<", ">FALSE<")
        : page([["a", 1]], "token").replace(">true<", ">TRUE<"),
  );
  assert.deepEqual(await names(backend, {}), ["a", "b"]);
});

test("a store that passes over the delimiter is folded here, across its pages", async (t) => {
  const keys = ["p/a/1", "p/a/2", "p/b", "p/c/1", "p/c/2/3", "p/d//e", "p/f/"];
  const backend = await answering(t, ({ searchParams }) => {
    const [after, count] = [searchParams.get("start-after"), Number(searchParams.get("max-keys"))];
    const start = Number(searchParams.get("continuation-token") ?? 0) ||
      keys.filter((key) => key <= (after ?? "")).length;
    const end = Math.min(start + Math.min(count, 2), keys.length);
    const lines = keys.slice(start, end).map((key): [string, number] => [key, 1]);
    return page(lines, end < keys.length ? String(end) : undefined);
  });
  const options = { prefix: "p/", delimiter: "/" } as const;
  assert.deepEqual(await names(backend, options), ["p/a/", "p/b", "p/c/", "p/d/", "p/f/"]);
  assert.deepEqual(await names(backend, { ...options, startAfter: "p/a/" }), [
    "p/b",
    "p/c/",
    "p/d/",
    "p/f/",
  ]);
  assert.deepEqual(await names(backend, { ...options, startAfter: "p/a/", limit: 2 }), [
    "p/b",
    "p/c/",
  ]);
  assert.deepEqual(await names(backend, { ...options, limit: 1 }), ["p/a/"]);
});

test("a backend whose store lists others' names keeps what is known of its copies", async (t) => {
  const backend = await answering(t, () => page([["team a/p/one.json", 1]], undefined, "url"), {
    prefix: "team+a",
  });
  const ledger = new MemoryLedger();
  await ledger.record(entry("one", { backend: backend.identity }));
  await assert.rejects(async () => {
    for await (const emptied of forgetEmptied([backend], ledger)) assert.fail(emptied.backend);
  }, { code: "NotSupported" });
  assert.deepEqual([...ledger.entries()].map(({ state }) => state), ["stored"]);
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
  const { backend } = await serving(t, (request, response) => {
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(answer(new URL(request.url ?? "/", "http://store")));
  }, { timeouts: {}, attempts: 3, ...options });
  return backend;
}

function page(
  keys: readonly [key: string, size: number][],
  next?: string,
  encoding?: string,
  folded: readonly string[] = [],
) {
  const contents = keys.map(([key, size]) =>
    `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"e"</ETag></Contents>`
  );
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>` +
    (next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`) +
    (encoding === undefined ? "" : `<EncodingType>${encoding}</EncodingType>`) +
    contents.join("") +
    folded.map((prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`).join("") +
    "</ListBucketResult>";
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
