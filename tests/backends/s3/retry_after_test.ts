import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "../../../backends/s3/retry_after.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { storeFor } from "./fake_store.ts";

const DATE = "Wed, 21 Oct 2026 07:28:00 GMT";

test("a wait is told in seconds, or as a date by the store's own clock", () => {
  assert.equal(retryAfterMs("120", undefined), 120_000);
  assert.equal(retryAfterMs(" 0 ", undefined), 0);
  assert.equal(retryAfterMs(DATE, "Wed, 21 Oct 2026 07:27:30 GMT"), 30_000);
  assert.equal(retryAfterMs(DATE, "Wed, 21 Oct 2026 08:00:00 GMT"), 0);
  const soon = retryAfterMs(new Date(Date.now() + 60_000).toUTCString(), undefined);
  assert.ok(soon !== undefined && soon > 50_000 && soon <= 60_000, `${soon}`);
});

test("a wait that cannot be understood is none", () => {
  for (const header of [undefined, "", "soon", "-5", "1.5", "12h", "2026-10-21", "9".repeat(30)]) {
    assert.equal(retryAfterMs(header, undefined), undefined, header);
  }
});

for (const status of [429, 503]) {
  test(`what a store that answers ${status} asks for is in the error`, async (t) => {
    const { s3, backend } = await storeFor(t, { attempts: 1 });
    s3.fault({ do: { status, headers: { "retry-after": "77" } } });
    await assert.rejects(backend.put("a/b", new Uint8Array(3)), (error) => {
      assert.ok(isArchiveError(error, "Throttled"));
      assert.equal(error.retryAfterMs, 77_000);
      return true;
    });
  });
}

test("no other answer asks for a wait", async (t) => {
  const { s3, backend } = await storeFor(t, { attempts: 1 });
  s3.fault({ times: 1, do: { status: 500, headers: { "retry-after": "77" } } });
  s3.fault({ times: 1, do: { status: 503 } });
  for (let time = 0; time < 2; time++) {
    await assert.rejects(backend.put("a/b", new Uint8Array(3)), (error) => {
      assert.ok(isArchiveError(error));
      assert.equal(error.retryAfterMs, undefined);
      return true;
    });
  }
});
