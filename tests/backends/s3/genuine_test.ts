/**
 * Success is believed when S3 says it: a page that answers everything with 200 has stored nothing,
 * deleted nothing and copied nothing, and a store that gives its answers no names is looked at.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import type { S3Backend } from "../../../backends/s3.ts";
import { BUCKET, EVERYTHING, storeFor } from "./fake_store.ts";
import { serving } from "./serving.ts";

const OURS = text("ours");
const OLD = text("olds"); // as long as ours
const LARGE = new Uint8Array(9 << 20);

const WRITES: Readonly<Record<string, (backend: S3Backend) => Promise<unknown>>> = {
  create: (backend) => backend.put("a", OURS, { mode: "create" }),
  overwrite: (backend) => backend.put("a", OURS),
  ifMatch: (backend) => backend.put("a", OURS, { mode: { ifMatch: "e" } }),
  large: (backend) => backend.put("a", LARGE),
  copy: (backend) => backend.copy?.("b", "a") ?? Promise.reject(new Error("no copy")),
  delete: (backend) => backend.delete("a"),
};

const PAGE = "<!doctype html><html><body>Sign in</body></html>";
const LENGTH = { "content-length": String(PAGE.length) };

const PAGES: readonly Readonly<Record<string, string>>[] = [
  LENGTH,
  { ...LENGTH, etag: 'W/"1f-abc"' },
  { ...LENGTH, etag: '"1f-abc"' },
  { "transfer-encoding": "chunked", etag: '"1f-abc"' },
  { ...LENGTH, etag: '"1f-abc"', "x-amz-request-id": "1" },
];

for (const headers of PAGES) {
  test(`a page with ${JSON.stringify(headers)} does nothing that was asked`, async (t) => {
    // Behind the page is a store that has the old object, so that only the page's own words count.
    const { backend } = await serving(t, ({ method }, response) => {
      if (method === "HEAD" && "x-amz-request-id" in headers) return tellOld(response);
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers });
      response.end(PAGE);
    }, { quirks: EVERYTHING });
    for (const [name, write] of Object.entries(WRITES)) {
      await assert.rejects(write(backend), { code: "Transient", message: /HTML page/ }, name);
    }
  });
}

test("a page in the way of a write leaves the old object, of equal length, and says so", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", OLD);
  s3.put(BUCKET, "b", OURS);
  for (const [name, write] of Object.entries(WRITES)) {
    if (name === "create" || name === "ifMatch") continue;
    s3.fault({
      on: ["PutObject", "UploadPart", "CompleteMultipartUpload", "CopyObject", "DeleteObject"],
      do: "html",
    });
    await assert.rejects(write(backend), { code: "Transient", message: /HTML page/ }, name);
    s3.recover();
    assert.deepEqual(s3.objects().get("a")?.bytes, OLD, name);
  }
  assert.equal(s3.openUploads, 0);
});

test("an upload that a page completes is not there", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ on: "CompleteMultipartUpload", do: "html" });
  await assert.rejects(backend.put("a", LARGE), { code: "Transient", message: /HTML page/ });
  assert.equal(s3.objects().size, 0);
});

for (const etag of [undefined, '"new"', 'W/"new"']) {
  test(`an answer to PUT without S3's headers, with the etag ${etag}, is held against the store`, async (t) => {
    const store = unnamed(etag);
    const { backend } = await serving(t, store.serve, { quirks: EVERYTHING });
    const sha256 = createHash("sha256").update(OURS).digest("hex");
    const beside: readonly (Record<string, string> | undefined)[] = [
      undefined,
      { title: "x" },
      { sha256 },
    ];
    for (const metadata of beside) {
      store.keeps = true;
      assert.deepEqual(await backend.put("a", OURS, { metadata }), { etag: "stored" });
      store.keeps = false;
      store.put(OLD);
      const put = backend.put("a", OURS, { metadata });
      await assert.rejects(put, { code: "Transient", message: /does not have the object/ });
    }
  });
}

test("a deletion that is not S3's own 204 is held against the store", async (t) => {
  const store = unnamed(undefined);
  const { backend } = await serving(t, store.serve);
  for (const status of [200, 202, 204]) {
    store.status = status;
    store.keeps = true;
    store.put(OLD);
    await backend.delete("a");
    store.keeps = false;
    store.put(OLD);
    const message = /said that it was done, and still has the object/;
    await assert.rejects(backend.delete("a"), { code: "Transient", retryable: true, message });
  }
});

test("a store that calls its empty answers HTML, as some do, is believed", async (t) => {
  const methods: (string | undefined)[] = [];
  const { backend } = await serving(t, ({ method }, response) => {
    methods.push(method);
    response.writeHead(method === "DELETE" ? 204 : 200, {
      "content-type": "text/html; charset=UTF-8",
      ...(method === "PUT" && { "content-length": "0", etag: '"e"' }),
      "x-guploader-uploadid": "1",
    });
    response.end();
  });
  assert.deepEqual(await backend.put("a", OURS), { etag: "e" });
  await backend.delete("a");
  assert.deepEqual(methods, ["PUT", "DELETE"]);
});

test("a store of the plain kind is asked once", async (t) => {
  const { s3, backend } = await storeFor(t);
  await backend.put("a", OURS);
  await backend.delete("a");
  assert.deepEqual(s3.requests.map(({ operation }) => operation), ["PutObject", "DeleteObject"]);
});

/** A store of one object that gives its answers no names, and does what it is told while it keeps. */
function unnamed(etag: string | undefined) {
  let object: { bytes: Uint8Array; metadata: Record<string, string> } | undefined;
  const store = {
    keeps: true,
    status: 204,
    put: (bytes: Uint8Array, metadata = {}) => void (object = { bytes, metadata }),
    serve(request: IncomingMessage, response: ServerResponse) {
      const chunks: Uint8Array[] = [];
      request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      request.on("end", () => store.answer(request, response, Buffer.concat(chunks)));
    },
    answer({ method, url, headers }: IncomingMessage, response: ServerResponse, body: Uint8Array) {
      if (method === "PUT") {
        const kept = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
        if (store.keeps) store.put(body, Object.fromEntries(kept));
        response.writeHead(200, etag === undefined ? {} : { etag }).end();
      } else if (method === "DELETE") {
        if (store.keeps) object = undefined;
        response.writeHead(store.status).end();
      } else if (!url?.includes("/a") || url.endsWith(`/${BUCKET}`)) {
        response.writeHead(200).end();
      } else if (object === undefined) {
        response.writeHead(404).end();
      } else {
        const length = String(object.bytes.length);
        response.writeHead(200, { ...object.metadata, "content-length": length, etag: '"stored"' });
        response.end(method === "HEAD" ? undefined : object.bytes);
      }
    },
  };
  return store;
}

function tellOld(response: ServerResponse): void {
  const length = String(OLD.length);
  response.writeHead(200, { "content-length": length, etag: '"old"', "x-amz-request-id": "2" });
  response.end();
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
