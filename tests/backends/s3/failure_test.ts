/**
 * Failures in words: what the runtimes and the SDK throw, taken apart.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { s3Error } from "../../../backends/s3/errors.ts";
import { failureOf } from "../../../backends/s3/failure.ts";
import type { S3Operation } from "../../../backends/s3/operations.ts";
import { settle } from "../../../backends/s3/settings.ts";
import type { ErrorCode } from "../../../core/errors.ts";

const CALL = { backend: "s3", doing: "storing", key: "a/b", signals: [] };

const SETTINGS = settle(
  { backend: "s3", bucket: "bucket", prefix: "team", tags: { a: "b" } },
  {
    endpoint: "https://store.example",
    region: "us-east-1",
    from: { endpoint: "the configuration", region: "the configuration" },
  },
);

/** As Node 20 and 24, Bun 1.4 and Deno 2.9 word them. */
const NETWORK: readonly [code: string, message: string, ErrorCode, RegExp][] = [
  ["ECONNREFUSED", "", "Transient", /nothing answers at https:\/\/store\.example/],
  [
    "ENOTFOUND",
    "getaddrinfo ENOTFOUND store.example",
    "Transient",
    /host of .* is unknown.*online/,
  ],
  ["EAI_AGAIN", "getaddrinfo EAI_AGAIN store.example", "Transient", /is unknown/],
  ["EHOSTUNREACH", "connect EHOSTUNREACH 10.0.0.1:443", "Transient", /no way to/],
  ["ENETUNREACH", "connect ENETUNREACH 10.0.0.1:443", "Transient", /no way to/],
  ["ECONNRESET", "socket hang up", "Transient", /connection .* broke/],
  ["EPIPE", "write EPIPE", "Transient", /connection .* broke/],
  ["ETIMEDOUT", "connect ETIMEDOUT 10.0.0.1:443", "Timeout", /did not answer in time/],
  [
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "self-signed certificate",
    "Transient",
    /NODE_EXTRA_CA_CERTS/,
  ],
  [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "self-signed certificate in chain",
    "Transient",
    /NODE_EXTRA_CA_CERTS/,
  ],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify", "Transient", /NODE_EXTRA_CA_CERTS/],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get", "Transient", /NODE_EXTRA_CA_CERTS/],
  ["CERT_HAS_EXPIRED", "certificate has expired", "Transient", /has expired; renew it/],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "Hostname/IP does not match",
    "Transient",
    /forcePathStyle: true/,
  ],
  [
    "EPROTO",
    "write EPROTO 80:error:0A00010B:SSL routines:wrong version",
    "Transient",
    /does not speak TLS/,
  ],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "received corrupt message", "Transient", /does not speak TLS/],
  ["HPE_INVALID_CONSTANT", "Parse Error: Expected HTTP/", "Transient", /what is not HTTP/],
  ["ERR_NEW", "nobody knows", "Transient", /no request to .* came about: nobody knows/],
];

for (const [code, message, kind, says] of NETWORK) {
  test(`${code} says what to check`, () => {
    const thrown = Object.assign(new Error(message), { code, $metadata: { attempts: 3 } });
    const error = describe(thrown);
    assert.equal(error.code, kind);
    assert.ok(error.retryable);
    assert.match(error.message, says);
    assert.match(error.message, /^storing "a\/b" in the backend "s3" failed: /);
  });
}

test("a connection that does not come about in time is a timeout", () => {
  const message = "the request socket did not establish a connection with the server";
  assert.equal(
    describe(Object.assign(new Error(message), { name: "TimeoutError" })).code,
    "Timeout",
  );
});

test("the permission that is missing is named by its action and resource", () => {
  const denied = { name: "AccessDenied", message: "no", $metadata: { httpStatusCode: 403 } };
  const actions: readonly [S3Operation, RegExp][] = [
    ["PutObject", /allow s3:PutObject and s3:PutObjectTagging on arn:aws:s3:::bucket\/team\/\*$/],
    ["UploadPart", /allow s3:PutObject on/],
    ["AbortMultipartUpload", /allow s3:AbortMultipartUpload on/],
    ["DeleteObject", /allow s3:DeleteObject on arn:aws:s3:::bucket\/team\/\*$/],
    ["ListObjectsV2", /allow s3:ListBucket on arn:aws:s3:::bucket$/],
    ["CopyObject", /allow s3:GetObject and s3:PutObject and s3:PutObjectTagging on/],
    ["GetObject", /allow s3:GetObject on .*, and s3:ListBucket on arn:aws:s3:::bucket,/],
  ];
  for (const [operation, says] of actions) assert.match(describe(denied, operation).message, says);
});

test("what an AccessDenied is really about is told from its words", () => {
  const denied = (message: string) =>
    describe({ name: "AccessDenied", message, $metadata: { httpStatusCode: 403 } }).message;
  assert.match(denied("Access Denied because object protected by object lock."), /Object Lock/);
  assert.match(denied("not authorized to perform kms:GenerateDataKey; no KMS grant"), /KMS key/);
});

test("clocks that are apart say how far", () => {
  const date = new Date(Date.now() + 42 * 60_000).toUTCString();
  const error = describe({
    name: "RequestTimeTooSkewed",
    message: "",
    $metadata: { httpStatusCode: 403 },
    $response: { statusCode: 403, headers: { date } },
  });
  assert.match(error.message, /are 42 minutes apart; set the clock right/);
});

test("whatever else was thrown is no puzzle", () => {
  for (const thrown of [undefined, null, "text", 7, {}, new Error("x\nsecond line")]) {
    const error = describe(thrown);
    assert.equal(error.code, "Transient");
    assert.doesNotMatch(error.message, /\n/);
  }
});

test("nothing that a store tells brings a secret or a control character into a message", () => {
  const secret = "the/secret+key";
  const nasty = [
    secret,
    `x ${secret} y`,
    "evil\u001b[31m",
    "evil\u001b[31m\nmore",
    "a".repeat(999),
  ];
  const places: readonly ((told: string) => unknown)[] = [
    (Region) => ({ name: "PermanentRedirect", Region }),
    (BucketRegion) => ({ name: "PermanentRedirect", BucketRegion }),
    (region) => ({
      name: "AuthorizationHeaderMalformed",
      $response: { statusCode: 400, headers: { "x-amz-bucket-region": region } },
    }),
    (Header) => ({ name: "NotImplemented", Header }),
    (ArgumentName) => ({ name: "NotImplemented", ArgumentName }),
    (name) => ({ name }),
    (ServerTime) => ({ name: "RequestTimeTooSkewed", ServerTime }),
    (requestId) => ({ name: "InternalError", $metadata: { requestId, httpStatusCode: 500 } }),
  ];
  for (const told of nasty) {
    for (const place of places) {
      const thrown = Object.assign(
        { message: "m", $metadata: { httpStatusCode: 400 } },
        place(told),
      );
      const failure = failureOf(thrown, [secret]);
      const error = s3Error(failure, CALL, "PutObject", SETTINGS);
      const shown = [error.message, failure.stack, ...Object.values(failure.facts)].join();
      assert.ok(!shown.includes(secret), shown);
      assert.doesNotMatch(shown.replace(failure.stack ?? "", ""), /\p{Cc}|a{400}/u);
    }
  }
});

test("a region that is told is one", () => {
  const redirect = { name: "PermanentRedirect", message: "m", $metadata: { httpStatusCode: 301 } };
  assert.match(
    describe({ ...redirect, Region: "eu-west-1" }).message,
    /set "region" to "eu-west-1"/,
  );
  assert.match(describe({ ...redirect, Region: "not one" }).message, /correct "region"/);
  const other = { ...redirect, Region: "not one", BucketRegion: "eu-west-1" };
  assert.match(describe(other).message, /set "region" to "eu-west-1"/);
});

function describe(thrown: unknown, operation: S3Operation = "PutObject") {
  return s3Error(failureOf(thrown, []), CALL, operation, SETTINGS);
}
