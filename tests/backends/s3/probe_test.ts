import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import type { Finding } from "../../../core/backend.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import { S3Connection } from "../../../backends/s3/connection.ts";
import { probeHints } from "../../../backends/s3/probe_hints.ts";
import { settle } from "../../../backends/s3/settings.ts";
import { type FakeS3, type FakeS3Options, startFakeS3 } from "../../s3/fake.ts";

const DAY = 24 * 3_600_000;

/** What a probe found, by check. */
interface Found extends ReadonlyMap<string, Finding> {
  get(check: string): Finding | undefined;
}

async function probed(
  options: S3BackendOptions,
  { limitMs, signal }: { limitMs?: number; signal?: AbortSignal } = {},
): Promise<Found> {
  const backend = await S3Backend.open({ env: {}, name: "far", ...options });
  const found = new Map<string, Finding>();
  try {
    for await (const finding of backend.probe({ limitMs, signal })) {
      found.set(finding.check, finding);
    }
  } finally {
    await backend.close();
  }
  return found;
}

/** How a store and a backend are set up. */
interface SetUp {
  readonly fake?: FakeS3Options;
  readonly prepare?: (fake: FakeS3) => void;
  readonly options?: Partial<S3BackendOptions>;
  readonly limitMs?: number;
}

/** Probes a store that is set up some way, and tells what it was left with. */
async function tried(
  { fake: fakeOptions, prepare, options, limitMs }: SetUp = {},
): Promise<Found & { readonly left: readonly string[] }> {
  const fake = await startFakeS3(fakeOptions);
  try {
    prepare?.(fake);
    const { endpoint, credentials } = fake;
    const common = { bucket: "archives", region: "us-east-1", endpoint, credentials };
    const found = await probed({ ...common, ...options }, { limitMs });
    assert.equal(fake.openUploads, 0);
    return Object.assign(found, { left: [...fake.objects().keys()] });
  } finally {
    await fake.stop();
  }
}

function checksOf(found: Found, status: Finding["status"]): string[] {
  return [...found.values()].filter((one) => one.status === status).map(({ check }) => check);
}

function assertAdvice(found: Found, check: string, advice: RegExp, status = "failed"): void {
  const finding = found.get(check);
  assert.equal(finding?.status, status, JSON.stringify([...found.values()], undefined, 1));
  assert.match(finding?.advice ?? "", advice);
}

const CAPABLE = { createOnly: true, ifMatch: true };

describe("probing a bucket", () => {
  it("finds a good store good, tells which it is and who one is, and leaves nothing", async () => {
    const found = await tried({ options: { quirks: CAPABLE, prefix: "team/laptop" } });
    assert.deepEqual(checksOf(found, "failed"), []);
    assert.deepEqual(checksOf(found, "limited"), []);
    assert.deepEqual(checksOf(found, "skipped"), []);
    assert.match(
      found.get("address")?.detail ?? "",
      /^http:\/\/127\.0\.0\.1:\d+ \(from the configuration\), region us-east-1 \(from the conf/,
    );
    assert.match(found.get("credentials")?.detail ?? "", /^arn:aws:iam::\d+:user\/\w+, access key/);
    assert.deepEqual(found.left, []);
  });

  it("tries to copy a part, and says what comes of it", async () => {
    const good = await tried();
    assert.match(good.get("part copy")?.detail ?? "", /only what changed is sent/);
    const denied = await tried({
      prepare: (fake) => fake.fault({ on: "UploadPartCopy", do: { status: 403 } }),
    });
    assertAdvice(
      denied,
      "part copy",
      /allow s3:GetObject and s3:PutObject.*nothing is lost/,
      "limited",
    );
    assert.deepEqual(denied.left, []);
    const without = await tried({
      fake: { personality: "gcs" },
      options: { incremental: "always" },
    });
    assertAdvice(without, "part copy", /nothing is lost by it/, "limited");
    assert.match(without.get("part copy")?.detail ?? "", /UploadPartCopy.*sent whole/);
  });

  it("tries no copy that would not be made", async () => {
    const copies: string[] = [];
    const prepare = (fake: FakeS3) => {
      const on = ({ operation }: { operation: string }) => {
        if (operation === "UploadPartCopy") copies.push(operation);
        return false;
      };
      fake.fault({ on, do: "reset" });
    };
    const versioned = await tried({ prepare, fake: { versioned: true } });
    assert.match(versioned.get("part copy")?.detail ?? "", /keeps versions/);
    const never = await tried({ prepare, options: { incremental: "never" } });
    assert.equal(never.get("part copy"), undefined);
    const known = await tried({ prepare, options: { quirks: { copyParts: false } } });
    assertAdvice(known, "part copy", /"incremental: always"/, "limited");
    assert.deepEqual(copies, []);
  });

  it("never shows a whole key", async () => {
    const found = await tried();
    const all = JSON.stringify([...found.values()]);
    assert.match(all, /AKIA…FAKE/);
    assert.ok(!all.includes("AKIAFAKEFAKEFAKEFAKE") && !all.includes("fake/secret"));
  });

  it("says which line makes use of conditional writes that nobody knew of", async () => {
    const found = await tried();
    assertAdvice(
      found,
      "create only",
      /"createOnly: true" below the backend's "quirks"/,
      "limited",
    );
    assertAdvice(found, "replace if unchanged", /"ifMatch: true"/, "limited");
    assert.deepEqual(found.left, []);
  });

  for (const personality of ["b2", "gcs", "wasabi", "ignorant", "old-minio", "old-ceph"] as const) {
    it(`does not advise ${personality} to rely on conditions that do not hold`, async () => {
      const found = await tried({ fake: { personality } });
      assert.deepEqual(checksOf(found, "failed"), []);
      assert.equal(found.get("replace if unchanged")?.status, "limited");
      assert.equal(found.get("replace if unchanged")?.advice, undefined);
      assert.deepEqual(found.left, []);
    });
  }

  it("says which quirk is wrong when a store passes over conditions", async () => {
    const found = await tried({ fake: { personality: "ignorant" }, options: { quirks: CAPABLE } });
    assertAdvice(found, "create only", /"createOnly: false" below the backend's "quirks"/);
    assertAdvice(found, "replace if unchanged", /"ifMatch: false"/);
  });

  it("sees that metadata is dropped", async () => {
    const found = await tried({ fake: { personality: "ignorant" } });
    assertAdvice(found, "metadata", /titles are read from the archives themselves/, "limited");
  });

  const DENIED = { status: 403, code: "AccessDenied" } as const;
  const ARN = "arn:aws:s3:::archives";

  const BROKEN: readonly (readonly [what: string, SetUp, check: string, advice: RegExp])[] = [
    [
      "a bucket that is not there, by what there is and how to make it",
      { options: { bucket: "archive" } },
      "bucket",
      /did you mean archives\?.* aws s3 mb s3:\/\/archive --region us-east-1 --endpoint-url http/,
    ],
    [
      "a wrong secret",
      {
        options: {
          credentials: { accessKeyId: "AKIAFAKEFAKEFAKEFAKE", secretAccessKey: "wrong" },
        },
      },
      "bucket",
      /enter the secret again/,
    ],
    [
      "a wrong access key",
      { options: { credentials: { accessKeyId: "AKIAOTHER", secretAccessKey: "wrong" } } },
      "bucket",
      /correct the credentials or the profile of the backend "far"/,
    ],
    [
      "another region, with the right one",
      { fake: { region: "eu-west-1" } },
      "bucket",
      /set "region" to "eu-west-1"/,
    ],
    [
      "denied writes, by the action",
      { prepare: (fake) => fake.fault({ on: "PutObject", do: DENIED }) },
      "write",
      new RegExp(`allow s3:PutObject on ${ARN}/\\*`),
    ],
    [
      "denied listing, by the action",
      { prepare: (fake) => fake.fault({ on: "ListObjectsV2", do: DENIED }) },
      "list",
      new RegExp(`allow s3:ListBucket on ${ARN}`),
    ],
    [
      "denied reading, by the action",
      { prepare: (fake) => fake.fault({ on: "GetObject", do: DENIED }) },
      "read",
      new RegExp(`allow s3:GetObject on ${ARN}/\\*`),
    ],
    [
      "denied large uploads, by the action",
      { prepare: (fake) => fake.fault({ on: "CreateMultipartUpload", do: DENIED }) },
      "large object",
      /allow s3:PutObject/,
    ],
    [
      "a bucket of another account",
      {
        fake: { buckets: ["archives", "mine"] },
        options: { bucket: "theirs" },
        prepare: (fake) => fake.fault({ on: "ListObjectsV2", do: DENIED }),
      },
      "bucket",
      /belongs to another account \(yours has archives, mine\).*bucket's policy/,
    ],
    [
      "an endpoint that is a web page",
      { prepare: (fake) => fake.fault({ do: "html" }) },
      "bucket",
      /A web console has a port of its own|check the endpoint/,
    ],
    [
      "a store that never answers",
      { prepare: (fake) => fake.fault({ do: "hang" }), limitMs: 150 },
      "bucket",
      /see whether http:\/\/127\.0\.0\.1:\d+ runs and can be reached/,
    ],
    [
      "an expired token",
      {
        prepare: (fake) =>
          fake.fault({ do: { status: 400, code: "ExpiredToken", message: "It has expired." } }),
      },
      "bucket",
      /sign in again \(aws sso login\)/,
    ],
    [
      "checksums that the store refuses",
      { fake: { personality: "b2" }, options: { quirks: { checksums: "always" } } },
      "write",
      /"checksums: required" below the backend's "quirks"/,
    ],
    [
      "a listing that says there is more, and not where",
      {
        prepare: (fake) => fake.fault({ do: "truncatedListingWithoutToken" }),
      },
      "list",
      /"listVersion: 1" below the backend's "quirks"/,
    ],
  ];
  for (const [what, setUp, check, advice] of BROKEN) {
    it(`explains ${what}`, async () => {
      const found = await tried(setUp);
      assertAdvice(found, check, advice);
      assert.deepEqual(found.left, []);
    });
  }

  it("sees pages that do not go on, where a short listing fits on one", async () => {
    const found = await tried({
      prepare: (fake) =>
        fake.fault({
          on: ({ query }) => query.prefix?.endsWith("/paged/") ?? false,
          do: "truncatedListingWithoutToken",
        }),
    });
    assertAdvice(found, "paging", /"listVersion: 1" below the backend's "quirks"/);
    assert.equal(found.get("list order")?.status, "ok");
    assert.deepEqual(found.left, []);
  });

  it("explains that nothing listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const found = await probed({
      bucket: "archives",
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "AKIAFAKE", secretAccessKey: "none" },
    });
    assert.match(found.get("bucket")?.detail ?? "", /nothing answers at http/);
    assertAdvice(
      found,
      "bucket",
      /start the store, or check the endpoint \(from the configuration/,
    );
    assert.equal(found.get("write")?.status, "skipped");
    assert.equal(found.get("clock")?.detail, 'not tried, as "bucket" did not work');
  });

  it("takes denied deletes for a choice, names the action and what it left", async () => {
    const found = await tried({
      prepare: (fake) => fake.fault({ on: "DeleteObject", do: DENIED }),
    });
    assertAdvice(found, "delete", /allow s3:DeleteObject on arn:aws:s3:::archives\/\*/, "limited");
    assert.deepEqual(checksOf(found, "failed"), []);
    assert.equal(found.left.length, 1);
    assert.ok(found.get("clean up")?.detail.includes(found.left[0]));
  });

  it("goes on writing where listing is denied", async () => {
    const found = await tried({
      prepare: (fake) => fake.fault({ on: "ListObjectsV2", do: DENIED }),
    });
    assertAdvice(found, "bucket", /allow s3:ListBucket/, "limited");
    for (const check of ["write", "read", "delete", "large object"]) {
      assert.equal(found.get(check)?.status, "ok", check);
    }
  });

  it("sees a clock that is an hour off", async () => {
    const found = await tried({
      prepare: (fake) => fake.fault({ do: { clockSkewMs: 3_600_000 } }),
    });
    assertAdvice(found, "clock", /set this machine's clock by NTP/, "limited");
    assert.match(found.get("clock")?.detail ?? "", /60 min ahead/);
  });

  it("sees it also where nothing can be written", async () => {
    const found = await tried({
      prepare: (fake) => {
        fake.fault({ do: { clockSkewMs: -3_600_000 } });
        fake.fault({ on: "PutObject", do: DENIED });
      },
    });
    assert.match(found.get("clock")?.detail ?? "", /60 min behind/);
  });

  it("finds out that the bucket has to stand in the path", async () => {
    const fake = await startFakeS3();
    // Some systems know hosts below localhost, others do not: the bucket must not answer there.
    const none = { status: 400, code: "InvalidRequest" };
    fake.fault({ on: ({ host }) => host.startsWith("archives."), do: none });
    try {
      const found = await probed({
        bucket: "archives",
        region: "us-east-1",
        endpoint: fake.endpoint.replace("127.0.0.1", "localhost"),
        credentials: fake.credentials,
        forcePathStyle: false,
      });
      assertAdvice(found, "bucket", /set "forcePathStyle: true"/);
    } finally {
      await fake.stop();
    }
  });

  it("ends unfinished business when it is stopped", async () => {
    const fake = await startFakeS3();
    const stop = new AbortController();
    const { endpoint, credentials } = fake;
    try {
      fake.fault({
        on: ({ operation }) => {
          if (operation === "CreateMultipartUpload") stop.abort();
          return false;
        },
        do: "reset",
      });
      const options = { bucket: "archives", region: "us-east-1", endpoint, credentials };
      await assert.rejects(
        probed(options, { signal: stop.signal }),
        (error) => isArchiveError(error, "Aborted"),
      );
      assert.deepEqual([...fake.objects().keys()], []);
    } finally {
      await fake.stop();
    }
  });
});

describe("what the owner of a bucket should know", () => {
  async function hints(prepare: (fake: FakeS3, s3: S3) => Promise<void>, now?: number) {
    const fake = await startFakeS3();
    const { endpoint } = fake;
    // A copy, since the SDK writes into what it is given.
    const credentials = { ...fake.credentials };
    const s3 = new S3({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
    const from = { endpoint: "the test", region: "the test" };
    const settings = settle(
      { backend: "far", bucket: "archives", prefix: "mine" },
      { endpoint, region: "us-east-1", from },
    );
    const connection = new S3Connection(settings, {
      signIn: () => Promise.resolve({ credentials, ignoreConfiguredEndpointUrls: true }),
      attempts: 1,
      timeouts: { connectMs: 5_000, idleMs: 5_000, requestMs: 5_000 },
    });
    try {
      await prepare(fake, s3);
      const found: Finding[] = [];
      for await (const one of probeHints({ connection, limitMs: 5_000 }, now)) found.push(one);
      return found;
    } finally {
      s3.destroy();
      await connection.close();
      await fake.stop();
    }
  }

  const upload = async (s3: S3, Key: string) => {
    await s3.createMultipartUpload({ Bucket: "archives", Key });
  };

  it("names uploads below the prefix that nobody finished for over a day", async () => {
    const [finding, ...others] = await hints(async (_, s3) => {
      await upload(s3, "mine/a.json");
      await upload(s3, "mine/b.json");
      await upload(s3, "theirs/c.json");
    }, Date.now() + DAY + 60_000);
    assert.deepEqual(others, []);
    assert.equal(finding.status, "limited");
    assert.match(finding.detail, /^2 of over a day ago/);
    assert.match(finding.advice ?? "", /AbortIncompleteMultipartUpload/);
  });

  it("says nothing of uploads that may be on their way, nor of what may not be read", async () => {
    assert.deepEqual(await hints((_, s3) => upload(s3, "mine/a.json")), []);
    const denied = { status: 403, code: "AccessDenied" };
    const nothing = await hints(
      async (fake, s3) => {
        await upload(s3, "mine/a.json");
        fake.fault({ on: ["ListMultipartUploads", "GetBucketVersioning"], do: denied });
      },
      Date.now() + 2 * DAY,
    );
    assert.deepEqual(nothing, []);
  });
});
