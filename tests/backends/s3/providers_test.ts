/**
 * Which store an endpoint is, what that brings with it, and what is refused before anything is sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import {
  isAwsHost,
  isAwsRegion,
  partitionOfHost,
  partitionOfRegion,
} from "../../../backends/aws_partitions.ts";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import { S3_PROVIDERS, type S3ProviderName, s3ProviderOf } from "../../../backends/s3_providers.ts";

const HOSTS: readonly [host: string, name: S3ProviderName, region?: string][] = [
  ["s3.amazonaws.com", "aws"],
  ["s3.eu-central-1.amazonaws.com", "aws", "eu-central-1"],
  ["s3.dualstack.us-east-1.amazonaws.com", "aws", "us-east-1"],
  ["s3.cn-north-1.amazonaws.com.cn", "aws", "cn-north-1"],
  ["s3.eusc-de-east-1.amazonaws.eu", "aws", "eusc-de-east-1"],
  ["s3.us-iso-east-1.c2s.ic.gov", "aws", "us-iso-east-1"],
  ["bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com", "aws", "us-east-1"],
  ["s3-fips.us-gov-west-1.amazonaws.com", "aws", "us-gov-west-1"],
  ["abc.r2.cloudflarestorage.com", "r2"],
  ["abc.eu.r2.cloudflarestorage.com", "r2"],
  ["s3.us-west-004.backblazeb2.com", "b2", "us-west-004"],
  ["s3.eu-central-2.wasabisys.com", "wasabi", "eu-central-2"],
  ["s3.wasabisys.com", "wasabi"],
  ["storage.googleapis.com", "gcs"],
  ["fra1.digitaloceanspaces.com", "digitalocean"],
  ["nbg1.your-objectstorage.com", "hetzner", "nbg1"],
  ["s3.nl-ams.scw.cloud", "scaleway", "nl-ams"],
  ["s3.gra.io.cloud.ovh.net", "ovh", "gra"],
  ["s3.gra.cloud.ovh.net", "ovh", "gra"],
  ["ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com", "oracle", "eu-frankfurt-1"],
  ["us-east-1.linodeobjects.com", "linode", "us-east-1"],
  ["gateway.storjshare.io", "storj"],
  ["fly.storage.tigris.dev", "tigris"],
  ["x1y2.ldn.idrivee2-31.com", "idrive"],
  ["play.min.io", "minio"],
  ["localhost", "other"],
  ["minio.example.com", "other"],
  ["s3.amazonaws.com.example.com", "other"],
  ["notamazonaws.com", "other"],
];

test("an endpoint's host tells the provider, and the region where it holds one", () => {
  for (const [host, name, region] of HOSTS) {
    const found = s3ProviderOf(host);
    assert.deepEqual([found.name, found.region], [name, region], host);
  }
  assert.equal(s3ProviderOf(undefined).name, "aws");
});

test("a region, and a host of it, are in the same part of AWS", () => {
  for (
    const [region, host, name] of [
      ["eu-west-1", "s3.eu-west-1.amazonaws.com", "aws"],
      ["us-gov-west-1", "s3-fips.us-gov-west-1.amazonaws.com", "aws-us-gov"],
      ["cn-north-1", "s3.cn-north-1.amazonaws.com.cn", "aws-cn"],
      ["eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu", "aws-eusc"],
      ["us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov", "aws-iso"],
      ["us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov", "aws-iso-b"],
      ["eu-isoe-west-1", "s3.eu-isoe-west-1.cloud.adc-e.uk", "aws-iso-e"],
      ["us-isof-south-1", "s3.us-isof-south-1.csp.hci.ic.gov", "aws-iso-f"],
    ]
  ) {
    assert.equal(partitionOfRegion(region).name, name);
    assert.equal(partitionOfHost(host).name, name);
    assert.ok(
      isAwsRegion(region) && isAwsHost(host) && host.endsWith(partitionOfRegion(region).domain),
    );
  }
  assert.equal(partitionOfHost("s3.amazonaws.com").name, "aws");
  assert.ok(!isAwsHost("notamazonaws.com") && !isAwsHost("s3.amazonaws.com.example.com"));
  assert.ok(!isAwsRegion("auto"));
});

test("every deviation from S3 gives its reason", () => {
  // Path style and two parts at once fewer work everywhere; only what is lost needs a reason.
  const { pathStyle: _, partsAtOnce, ...aws } = S3_PROVIDERS.aws.quirks;
  for (const [name, { quirks, why, defaultRegion }] of Object.entries(S3_PROVIDERS)) {
    if (name === "aws") continue;
    for (const quirk of Object.keys(aws) as (keyof typeof aws)[]) {
      const isOpen = quirks[quirk] === "any";
      if (isOpen || isDeepStrictEqual(quirks[quirk], aws[quirk])) continue;
      assert.ok(why[quirk], `${name} has no reason for ${quirk}`);
    }
    if (quirks.partsAtOnce < partsAtOnce - 1) assert.ok(why.partsAtOnce, name);
    if (defaultRegion !== "us-east-1") {
      assert.ok(why.region, `${name} has no reason for its region`);
    }
  }
});

test("checksums are the SDK's own at AWS, and only there", async () => {
  for (const [name, { quirks }] of Object.entries(S3_PROVIDERS)) {
    assert.equal(quirks.checksums, name === "aws" ? "always" : "required", name);
  }
  const aws = await open({ endpoint: undefined });
  assert.deepEqual([aws.place.provider, aws.place.quirks.checksums], ["aws", "always"]);
});

test("what nobody has shown is not promised", async () => {
  const { capabilities } = await open({ endpoint: "http://localhost:9000" });
  assert.deepEqual(capabilities, {
    createOnly: false,
    ifMatch: false,
    metadata: true,
    maxKeyBytes: 1024,
    lateWrites: true,
  });
});

test("provider, single quirks and forcePathStyle may be told", async () => {
  const { place, capabilities } = await open({
    endpoint: "http://localhost:9000",
    provider: "ceph",
    quirks: { ifMatch: true },
    forcePathStyle: false,
  });
  assert.equal(place.provider, "ceph");
  assert.equal(place.quirks.pathStyle, false);
  assert.equal(capabilities.createOnly, true);
  assert.equal(capabilities.ifMatch, true);
});

test("the region comes from who names it, then from the host, then from the provider", async () => {
  const region = async (options: Partial<S3BackendOptions>) => {
    const { place } = await open({ region: undefined, ...options });
    return [place.region, place.from.region];
  };
  const b2 = "https://s3.eu-central-003.backblazeb2.com";
  assert.deepEqual((await region({ endpoint: b2, region: "x-1" }))[0], "x-1");
  assert.deepEqual((await region({ endpoint: b2, env: { AWS_REGION: "y-2" } }))[0], "y-2");
  assert.deepEqual(await region({ endpoint: b2 }), ["eu-central-003", "the endpoint's host name"]);
  const r2 = await region({ endpoint: "https://abc.r2.cloudflarestorage.com" });
  assert.deepEqual(r2, ["auto", "the default of Cloudflare R2"]);
  assert.equal((await region({ endpoint: "http://localhost:9000" }))[0], "us-east-1");
  assert.equal((await region({ endpoint: undefined }))[0], "us-east-1");
});

test("one place has one identity, whatever reaches it", async () => {
  const same = [
    [{ endpoint: undefined }, { endpoint: undefined, region: "eu-west-1" }, {
      endpoint: "https://s3.eu-west-1.amazonaws.com",
    }],
    [{ endpoint: "https://S3.Example.com" }, { endpoint: "https://s3.example.com:443/" }, {
      endpoint: "https://s3.example.com",
      forcePathStyle: false,
      region: "other",
      name: "another",
    }],
    [{ prefix: "a/b" }, { prefix: "/a//b/" }],
  ];
  for (const options of same) {
    const identities = await Promise.all(options.map(async (one) => (await open(one)).identity));
    assert.equal(new Set(identities).size, 1, identities.join(" "));
  }
  const different = await Promise.all(
    [
      {},
      { prefix: "a" },
      { prefix: "a/b" },
      { bucket: "another" },
      { endpoint: "http://localhost:9001" },
      { endpoint: "http://localhost:9000/gateway" },
      { endpoint: undefined },
      { endpoint: undefined, region: "cn-north-1" },
      { endpoint: undefined, region: "us-gov-west-1" },
      { endpoint: undefined, region: "us-iso-east-1" },
    ].map(async (options) => (await open(options)).identity),
  );
  assert.equal(new Set(different).size, different.length, different.join(" "));
  assert.equal(different[0], "s3:localhost:9000/archives/");
  assert.equal(different[6], "s3:aws/archives/");
});

const REFUSED: readonly [Partial<S3BackendOptions>, RegExp][] = [
  [{ endpoint: "https://abc.r2.cloudflarestorage.com/archives" }, /^endpoint .* holds the bucket/],
  [{ endpoint: "https://archives.fra1.digitaloceanspaces.com" }, /^endpoint .* holds the bucket/],
  [{ prefix: "a/../b" }, /".." segment/],
  [{ prefix: "a\nb" }, /control character/],
  [{ prefix: "x/".repeat(300) }, /599 bytes long/],
  [{ provider: "azure" as S3ProviderName }, /"azure".*is not known; use one of aws, r2/],
  [{ endpoint: undefined, serverSideEncryption: "AES" }, /"AES"; use "AES256" or "aws:kms"/],
  [{ provider: "r2", tags: { a: "b" } }, /Cloudflare R2 keeps no object tags/],
  [{ provider: "r2", storageClass: "GLACIER" }, /"GLACIER"; use "STANDARD" or "STANDARD_IA"/],
  [{ provider: "gcs", serverSideEncryption: "aws:kms" }, /leave it out/],
  [{ tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ""])) }, /11 tags/],
  [{ tags: { a: "x".repeat(257) } }, /tag "a" cannot be used: give a text of up to 256/],
];

for (const [options, says] of REFUSED) {
  test(`${JSON.stringify(options).slice(0, 90)} is refused at once`, async () => {
    await assert.rejects(open(options), { code: "Invalid", message: says });
  });
}

test("a bucket may be an access point's ARN", async () => {
  const bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";
  assert.equal((await open({ endpoint: undefined, bucket })).place.bucket, bucket);
});

function open(options: Partial<S3BackendOptions> = {}): Promise<S3Backend> {
  return S3Backend.open({
    bucket: "archives",
    endpoint: "http://localhost:9000",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    env: { AWS_CONFIG_FILE: "/dev/null/none", AWS_SHARED_CREDENTIALS_FILE: "/dev/null/none" },
    ...options,
  });
}
