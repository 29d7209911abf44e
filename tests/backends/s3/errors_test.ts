/**
 * Everything that goes wrong becomes one error with one clear line, in bounded time, that shows no
 * secret.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";
import type { S3Backend, S3BackendOptions } from "../../../backends/s3.ts";
import { ArchiveError, type ErrorCode } from "../../../core/errors.ts";
import type { FaultAction } from "../../s3/fake.ts";
import { BUCKET, SHORT, storeFor } from "./fake_store.ts";

const BYTES = new TextEncoder().encode("bytes");

/** One of each kind of call. */
const CALLS: Readonly<Record<string, (backend: S3Backend) => Promise<unknown>>> = {
  put: (backend) => backend.put("a/b", BYTES),
  get: async (backend) => await new Response((await backend.get("a/b")).body as BodyInit).text(),
  head: (backend) => backend.head("a/b"),
  list: async (backend) => {
    for await (const page of backend.list()) if (page.objects.length === 0) return page;
  },
  delete: (backend) => backend.delete("a/b"),
  copy: (backend) => backend.copy?.("a/b", "c") ?? Promise.reject(new Error("no copy")),
};

interface Case {
  readonly fault: FaultAction;
  readonly code: ErrorCode;
  readonly says: RegExp;
  /** Calls to which it cannot happen. */
  readonly not?: readonly string[];
}

const status = (
  status: number,
  code?: string,
  more: { message?: string; headers?: Record<string, string> } = {},
) => ({ status, code, ...more });

const CASES: readonly Case[] = [
  {
    fault: status(403, "AccessDenied"),
    code: "Unauthorized",
    says: /denies it.*allow s3:\w+.* on arn:aws:s3:::archives/,
  },
  {
    fault: status(403, "InvalidAccessKeyId"),
    code: "Unauthorized",
    says: /does not know the access key/,
  },
  {
    fault: status(403, "SignatureDoesNotMatch"),
    code: "Unauthorized",
    says: /secret key does not fit/,
  },
  { fault: status(400, "ExpiredToken"), code: "Unauthorized", says: /expired; sign in again/ },
  {
    fault: status(400, "InvalidArgument"),
    code: "Invalid",
    says: /refuses \w+ \(InvalidArgument.*\); check "provider" \(now "\w+"\) and "endpoint"/,
  },
  { fault: status(403, "AccountProblem"), code: "Unauthorized", says: /locked the account/ },
  { fault: status(403, "RequestTimeTooSkewed"), code: "Unauthorized", says: /clock/ },
  {
    fault: status(301, "PermanentRedirect", { headers: { "x-amz-bucket-region": "eu-west-1" } }),
    code: "Invalid",
    says:
      /"archives" is in the region "eu-west-1", not "us-east-1" \(from .*\); set "region" to "eu-west-1"/,
  },
  {
    fault: status(400, "AuthorizationHeaderMalformed", {
      message: "the region 'us-east-1' is wrong; expecting 'eu-central-1'",
    }),
    code: "Invalid",
    says: /set "region" to "eu-central-1"/,
  },
  {
    fault: status(400, "IllegalLocationConstraintException", { message: "wrong place" }),
    code: "Invalid",
    says: /correct "region" or "endpoint"/,
  },
  {
    fault: status(404, "NoSuchBucket"),
    code: "Invalid",
    says: /bucket "archives" does not exist at http/,
  },
  { fault: status(503, "SlowDown"), code: "Throttled", says: /slow down/ },
  { fault: status(503), code: "Throttled", says: /slow down/ },
  { fault: status(429), code: "Throttled", says: /slow down/ },
  { fault: status(400, "Throttling"), code: "Throttled", says: /slow down/, not: ["head"] },
  { fault: status(500), code: "Transient", says: /failed \(500 .*\); try again later/ },
  { fault: status(500, "InternalError"), code: "Transient", says: /failed \(500 / },
  { fault: status(507, "XMinioStorageFull"), code: "Transient", says: /no room left/ },
  { fault: status(403, "QuotaExceeded"), code: "Transient", says: /no room left.*quota/ },
  {
    fault: status(501, "NotImplemented", { message: "no such header" }),
    code: "NotSupported",
    says: /cannot do \w+.*provider/,
  },
  { fault: status(405, "MethodNotAllowed"), code: "NotSupported", says: /cannot do/ },
  { fault: status(413, "EntityTooLarge"), code: "Invalid", says: /that large/, not: ["copy"] },
  {
    fault: status(400, "InvalidStorageClass"),
    code: "Invalid",
    says: /"storageClass"/,
    not: ["head"],
  },
  {
    fault: status(400, "KMS.NotFoundException"),
    code: "Unauthorized",
    says: /KMS key.*kms:GenerateDataKey/,
  },
  { fault: status(400, "KMS.DisabledException"), code: "Unauthorized", says: /KMS key/ },
  { fault: status(403, "InvalidObjectState"), code: "NotSupported", says: /restore it first/ },
  {
    fault: status(403, "AccessDenied", { message: "Object is WORM protected by Object Lock" }),
    code: "Unauthorized",
    says: /Object Lock/,
  },
  {
    fault: status(418, "Teapot", { message: "short and stout" }),
    code: "Transient",
    says: /answered 418 Teapot: short and stout/,
    not: ["head"],
  },
  { fault: status(418), code: "Transient", says: /answered 418/ },
  { fault: { html: 502 }, code: "Transient", says: /502 with an HTML page|failed \(502/ },
  { fault: { html: 403 }, code: "Transient", says: /HTML page.*is the endpoint right/ },
  {
    fault: "html",
    code: "Transient",
    says: /HTML page|is no listing/,
  },
  { fault: "reset", code: "Transient", says: /connection to http:\S+ broke/ },
  { fault: "loseReply", code: "Transient", says: /connection to http:\S+ broke/ },
  { fault: "hang", code: "Timeout", says: /did not answer/ },
  {
    fault: "hangMidBody",
    code: "Timeout",
    says: /did not answer|no more bytes/,
    not: ["head", "put", "delete"],
  },
  {
    fault: "truncateBody",
    code: "Transient",
    says: /broke|ended the object after/,
    not: ["head", "put", "delete"],
  },
  {
    fault: { truncateBody: "rst" },
    code: "Transient",
    says: /broke|ended the object after/,
    not: ["head", "put", "delete"],
  },
];

const SECRETS = {
  accessKeyId: "AKIAFAKEFAKEFAKEFAKE",
  secretAccessKey: "fake/secret+key/that-opens-nothing/anywhere",
  sessionToken: "fake-session-token-that-opens-nothing",
};

const hangs = (fault: FaultAction) => fault === "hang" || fault === "hangMidBody";

for (const { fault, code, says, not = [] } of CASES) {
  const name = typeof fault === "string" ? fault : JSON.stringify(fault);
  test(`${name} becomes ${code}, whatever was asked for`, async (t) => {
    const options: Partial<S3BackendOptions> = {
      // A busy machine may be slower than what is short enough to wait for.
      ...hangs(fault) && { timeouts: SHORT },
      attempts: 1,
      credentials: SECRETS,
    };
    const { s3, backend } = await storeFor(t, options, { credentials: SECRETS });
    s3.put(BUCKET, "a/b", BYTES);
    s3.fault({ do: fault });
    const calls = Object.entries(CALLS).filter(([call]) => !not.includes(call));
    // All at once: those of a store that hangs take their whole time.
    await Promise.all(calls.map(async ([call, run]) => {
      const began = performance.now();
      const error = await failureOf(run(backend), `${call} at ${name}`);
      assert.equal(error.code, code, `${call}: ${error.message}`);
      assert.match(error.message, says, call);
      assert.doesNotMatch(error.message, /\n/, call);
      assert.equal(error.backend, "s3");
      assert.equal(error.retryable, ["Transient", "Throttled", "Timeout"].includes(code));
      assert.ok(performance.now() - began < 9_000, `${call} took too long`);
      assertNoSecrets(error);
    }));
    s3.recover();
    await backend.put("after", BYTES); // and then it goes on
    if (fault === "loseReply") return; // the object was deleted, as asked
    assert.deepEqual(s3.objects().get("a/b")?.bytes, BYTES);
  });
}

test("a refused HEAD says why, though its answer has no body", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ do: { status: 400, code: "ExpiredToken" } });
  const error = await failureOf(backend.head("a"), "head");
  assert.equal(error.code, "Unauthorized");
  assert.match(error.message, /expired/);
});

test("a denied HEAD or GET names both permissions, for a missing one hides what is missing", async (t) => {
  const { s3, backend } = await storeFor(t, { prefix: "team" });
  s3.fault({ do: { status: 403 } });
  const error = await failureOf(backend.head("a"), "head");
  assert.match(error.message, /s3:GetObject on arn:aws:s3:::archives\/team\/\*, and s3:ListBucket/);
});

test("a bucket that does not exist is never taken for an object that does not", async (t) => {
  const { open } = await storeFor(t);
  const backend = await open({ bucket: "no-such-bucket" });
  for (const [call, run] of Object.entries(CALLS)) {
    const error = await failureOf(run(backend), call);
    assert.equal(error.code, "Invalid", `${call}: ${error.message}`);
    assert.match(error.message, /the bucket "no-such-bucket" does not exist at http/);
  }
  const large = backend.put("a", new Uint8Array(9 << 20), { mode: "create" });
  assert.equal((await failureOf(large, "create")).code, "Invalid");
});

test("the wrong secret, and the wrong key, are told apart", async (t) => {
  const { open, s3 } = await storeFor(t);
  const { accessKeyId, secretAccessKey } = s3.credentials;
  const wrongSecret = await open({
    credentials: { accessKeyId, secretAccessKey: "not it at all" },
  });
  assert.match(
    (await failureOf(CALLS.list(wrongSecret), "list")).message,
    /secret key does not fit/,
  );
  const wrongKey = await open({ credentials: { accessKeyId: "AKIDNOBODY", secretAccessKey } });
  assert.match((await failureOf(CALLS.head(wrongKey), "head")).message, /access key/);
});

test("a wrong region is refused with the right one", async (t) => {
  const { open } = await storeFor(t, {}, { region: "eu-north-1" });
  const backend = await open({ region: "us-west-2" });
  for (const [call, run] of Object.entries(CALLS)) {
    const error = await failureOf(run(backend), call);
    assert.equal(error.code, "Invalid", `${call}: ${error.message}`);
    assert.match(error.message, /set "region" to "eu-north-1"/, call);
  }
});

test("a clock an hour off is made up for", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ do: { clockSkewMs: 3_600_000 } });
  await backend.put("a", BYTES);
  assert.equal((await backend.head("a")).size, BYTES.length);
});

for (const [call, run] of Object.entries(CALLS)) {
  test(`clocks that agree again are made up for by the first ${call}, as those that part`, async (t) => {
    const { s3, backend } = await storeFor(t);
    await backend.put("a/b", BYTES);
    for (const clockSkewMs of [3_600_000, 0, -3_600_000, 0]) {
      s3.fault({ do: { clockSkewMs } });
      await run(backend);
      s3.recover();
      s3.put(BUCKET, "a/b", BYTES);
    }
  });

  test(`a clock that stays wrong ends the first ${call} all the same`, async (t) => {
    const { s3, backend } = await storeFor(t);
    s3.fault({ do: { status: 403, code: "RequestTimeTooSkewed" } });
    const error = await failureOf(run(backend), call);
    assert.equal(error.code, "Unauthorized");
    assert.match(error.message, /set the clock right/);
    assert.ok(s3.requests.length <= 12, `${s3.requests.length} requests`);
  });
}

test("an object is looked up by the first HEAD when the clocks are apart", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", BYTES);
  s3.fault({ do: { clockSkewMs: 3_600_000 } });
  assert.equal((await backend.head("a")).size, BYTES.length);
  s3.recover();
  assert.equal((await backend.head("a")).size, BYTES.length);
  await assert.rejects(backend.put("a", BYTES, { mode: "create" }), { code: "AlreadyExists" });
});

test("a HEAD that is refused where a GET is not says what the HEAD met", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", BYTES);
  s3.fault({ on: "HeadObject", do: { status: 403 } });
  assert.equal((await failureOf(backend.head("a"), "head")).code, "Unauthorized");
});

test("passing faults are tried again, three times in all", async (t) => {
  const { s3, backend } = await storeFor(t, { timeouts: SHORT });
  const faults: FaultAction[] = [{ status: 500 }, { status: 503 }, "reset", { html: 502 }, "hang"];
  for (const fault of faults) {
    s3.fault({ times: 2, do: fault });
    await backend.put("a", BYTES);
  }
  s3.fault({ do: { status: 500 } });
  const before = s3.requests.length;
  const error = await failureOf(backend.put("a", BYTES), "put");
  assert.equal(error.code, "Transient");
  assert.equal(s3.requests.length - before, 3);
});

test("a store that is not there says what to check", async (t) => {
  const { open } = await storeFor(t);
  const silent = await listening(
    t,
    (server) => server.on("connection", (socket) => socket.on("error", () => {})),
  );
  const chatty = await listening(t, (server) =>
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    }));
  const cases: [string, ErrorCode, RegExp][] = [
    [
      "http://127.0.0.1:1",
      "Transient",
      /nothing answers at http:\/\/127\.0\.0\.1:1; start the store/,
    ],
    [
      "http://no-such-host.invalid",
      "Transient",
      /host of http:\/\/no-such-host\.invalid is unknown/,
    ],
    [silent, "Timeout", /did not answer/],
    [silent.replace("http:", "https:"), "Timeout", /did not answer/],
    [chatty, "Transient", /what is not HTTP/],
    [chatty.replace("http:", "https:"), "Transient", /does not speak TLS/],
  ];
  for (const [endpoint, code, says] of cases) {
    const backend = await open({ endpoint, timeouts: SHORT, attempts: 1 });
    const error = await failureOf(CALLS.put(backend), endpoint);
    assert.equal(error.code, code, `${endpoint}: ${error.message}`);
    assert.match(error.message, says, endpoint);
  }
});

test("what the store says of a failure is kept as its cause", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ do: { status: 403, code: "AccessDenied", message: "not you" } });
  const { cause } = await failureOf(backend.put("a", BYTES), "put");
  assert.ok(cause instanceof Error);
  assert.equal(cause.message, "not you");
  const { code, facts } = cause as Error & { code: string; facts: Record<string, unknown> };
  assert.equal(code, "AccessDenied");
  assert.equal(facts.status, 403);
  assert.match(String(facts.requestId), /^[0-9A-F]{16}$/);
  assert.ok(cause.stack?.endsWith(`(request ${facts.requestId})`), cause.stack);
});

test("a store that throws the request back in its message shows no secret", async (t) => {
  const { s3, open } = await storeFor(t);
  const backend = await open({ credentials: SECRETS });
  const message =
    `Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=${"0a".repeat(32)} ` +
    `token ${SECRETS.sessionToken} secret ${SECRETS.secretAccessKey}`;
  s3.fault({ do: { status: 418, code: "Odd", message } });
  const error = await failureOf(backend.put("a", BYTES), "put");
  assertNoSecrets(error);
  assert.doesNotMatch(error.message, /0a0a0a/);
});

function assertNoSecrets(error: unknown): void {
  const shown = inspect(error, { depth: 20, showHidden: true, getters: true }) +
    JSON.stringify(error) + String(error instanceof Error && error.stack);
  for (const secret of [SECRETS.secretAccessKey, SECRETS.sessionToken, /Signature=[0-9a-f]/]) {
    const shows = typeof secret === "string" ? shown.includes(secret) : secret.test(shown);
    assert.ok(!shows, `${secret} shows in ${shown}`);
  }
}

async function failureOf(work: Promise<unknown>, what: string): Promise<ArchiveError> {
  const error = await work.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof ArchiveError, `${what} ended with ${inspect(error)}`);
  return error;
}

async function listening(
  t: { after(done: () => Promise<void>): void },
  serve: (server: Server) => void,
): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => void sockets.add(socket));
  serve(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}
