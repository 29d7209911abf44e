/**
 * Sessions go to the host that the configuration names, and nothing goes anywhere else, whatever
 * form the configuration has.
 *
 * Each case sends an object with the real SDK, built as the backend builds it, through a handler
 * that writes down where every request would go.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3PlaceOptions } from "../../../backends/s3/place.ts";
import { type AwsFiles, recorder, SECRET, sendOne, type Sent, withAwsHome } from "./aws_home.ts";

const KEYS = `aws_access_key_id = FILEKEY\naws_secret_access_key = ${SECRET}\n`;
const ENV_KEYS = { AWS_ACCESS_KEY_ID: "ENVKEY", AWS_SECRET_ACCESS_KEY: SECRET };
const RIGHT = "https://right.example.com";
const BUCKET_AT_RIGHT = "https://bucket.right.example.com";
const AWS = "https://bucket.s3.eu-central-1.amazonaws.com";
const TRAP = "https://trap.example.com";
const WORK = `[profile work]\nregion = eu-central-1\n${KEYS}`;
const SERVICES = `[services right]\ns3 =\n  endpoint_url = ${RIGHT}\n`;
const GIVEN = { accessKeyId: "GIVENKEY", secretAccessKey: SECRET };

interface Case {
  readonly name: string;
  readonly files?: AwsFiles;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: Partial<S3PlaceOptions>;
  readonly hosts: readonly string[];
  readonly key: string;
}

const CASES: readonly Case[] = [
  {
    name: "endpoint_url of the profile",
    files: { config: `${WORK}endpoint_url = ${RIGHT}\n` },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "the services section of the profile",
    files: { config: `${WORK}services = right\n${SERVICES}` },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "both, where the services section wins",
    files: { config: `${WORK}endpoint_url = ${TRAP}\nservices = right\n${SERVICES}` },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "a services section without s3, beside endpoint_url",
    files: {
      config: `${WORK}endpoint_url = ${RIGHT}\nservices = x\n[services x]\nsts =\n  ` +
        `endpoint_url = ${TRAP}\n`,
    },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "the option before everything",
    files: { config: `${WORK}endpoint_url = ${TRAP}\nservices = right\n${SERVICES}` },
    env: { AWS_ENDPOINT_URL_S3: TRAP, AWS_ENDPOINT_URL: TRAP },
    options: { profile: "work", endpoint: "http://127.0.0.1:9000" },
    hosts: ["http://127.0.0.1:9000"],
    key: "FILEKEY",
  },
  {
    name: "AWS_ENDPOINT_URL_S3 before AWS_ENDPOINT_URL and the profile",
    files: { config: `${WORK}endpoint_url = ${TRAP}\n` },
    env: { AWS_ENDPOINT_URL_S3: RIGHT, AWS_ENDPOINT_URL: TRAP },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "AWS_ENDPOINT_URL before the profile and its services",
    files: { config: `${WORK}endpoint_url = ${TRAP}\nservices = x\n[services x]\ns3=\n e=f\n` },
    env: { AWS_ENDPOINT_URL: RIGHT },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "AWS_ENDPOINT_URL alone, with keys in the environment",
    env: { AWS_ENDPOINT_URL: RIGHT, AWS_REGION: "eu-central-1", ...ENV_KEYS },
    hosts: [BUCKET_AT_RIGHT],
    key: "ENVKEY",
  },
  {
    name: "AWS_ENDPOINT_URL_STS, which is not for the store",
    files: { config: WORK },
    env: { AWS_ENDPOINT_URL_STS: TRAP },
    options: { profile: "work" },
    hosts: [AWS],
    key: "FILEKEY",
  },
  {
    name: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    files: { config: `${WORK}endpoint_url = ${TRAP}\nservices = right\n${SERVICES}` },
    env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true", AWS_ENDPOINT_URL_S3: TRAP },
    options: { profile: "work" },
    hosts: [AWS],
    key: "FILEKEY",
  },
  {
    name: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, which the option withstands",
    env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true", AWS_REGION: "x", ...ENV_KEYS },
    options: { endpoint: RIGHT },
    hosts: [BUCKET_AT_RIGHT],
    key: "ENVKEY",
  },
  {
    name: "ignore_configured_endpoint_urls of the profile",
    files: {
      config: `${WORK}endpoint_url = ${TRAP}\nignore_configured_endpoint_urls = true\n`,
    },
    env: { AWS_ENDPOINT_URL: TRAP },
    options: { profile: "work" },
    hosts: [AWS],
    key: "FILEKEY",
  },
  {
    name: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false before the profile's true",
    files: {
      config: `${WORK}endpoint_url = ${RIGHT}\nignore_configured_endpoint_urls = true\n`,
    },
    env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "a profile without an endpoint, beside a default profile and AWS_PROFILE with one",
    files: {
      config: `${WORK}[default]\nendpoint_url = ${TRAP}\n[profile other]\nendpoint_url=${TRAP}\n`,
    },
    env: { AWS_PROFILE: "other" },
    options: { profile: "work" },
    hosts: [AWS],
    key: "FILEKEY",
  },
  {
    name: "a profile without an endpoint, beside a default profile with one",
    files: { config: `${WORK}[default]\nendpoint_url = ${TRAP}\n` },
    options: { profile: "work" },
    hosts: [AWS],
    key: "FILEKEY",
  },
  {
    name: "AWS_PROFILE",
    files: { config: `${WORK}endpoint_url = ${RIGHT}\n` },
    env: { AWS_PROFILE: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "the option's profile before AWS_PROFILE",
    files: { config: `${WORK}endpoint_url = ${RIGHT}\n[profile o]\nendpoint_url = ${TRAP}\n` },
    env: { AWS_PROFILE: "o" },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "the default profile",
    files: { config: `[default]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n${KEYS}` },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "the default profile's endpoint, with keys in the environment",
    files: { config: `[default]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n${KEYS}` },
    env: ENV_KEYS,
    hosts: [BUCKET_AT_RIGHT],
    key: "ENVKEY",
  },
  {
    name: "[profile default] before [default]",
    files: {
      config: `[profile default]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n${KEYS}` +
        `[default]\nendpoint_url = ${TRAP}\n`,
    },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "static keys in the credentials file",
    files: {
      config: `[profile work]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n`,
      credentials: `[work]\n${KEYS}`,
    },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "a profile in the credentials file alone",
    files: { credentials: `[work]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n${KEYS}` },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "FILEKEY",
  },
  {
    name: "explicit credentials beside a profile",
    files: { config: `${WORK}endpoint_url = ${RIGHT}\n` },
    options: { profile: "work", credentials: GIVEN },
    hosts: [BUCKET_AT_RIGHT],
    key: "GIVENKEY",
  },
  {
    name: "credential_process",
    files: {
      config:
        `[profile work]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\ncredential_process =` +
        ` echo {"Version":1,"AccessKeyId":"PROCESSKEY","SecretAccessKey":"${SECRET}"}\n`
          .replaceAll('"', '\\"'),
    },
    options: { profile: "work" },
    hosts: [BUCKET_AT_RIGHT],
    key: "PROCESSKEY",
  },
  {
    name: "a role by source_profile, whose own endpoint does not count",
    files: {
      config: `[profile work]\nregion = eu-central-1\nrole_arn = arn:aws:iam::1:role/r\n` +
        `source_profile = base\nendpoint_url = ${RIGHT}\n` +
        `[profile base]\nendpoint_url = ${TRAP}\n${KEYS}`,
    },
    options: { profile: "work" },
    hosts: ["https://sts.eu-central-1.amazonaws.com", BUCKET_AT_RIGHT],
    key: "ASSUMED",
  },
  {
    name: "a role by source_profile without any endpoint",
    files: {
      config: `[profile work]\nregion = eu-central-1\nrole_arn = arn:aws:iam::1:role/r\n` +
        `source_profile = base\n[profile base]\nendpoint_url = ${TRAP}\n${KEYS}`,
    },
    options: { profile: "work" },
    hosts: ["https://sts.eu-central-1.amazonaws.com", AWS],
    key: "ASSUMED",
  },
  {
    name: "nothing but keys and a region in the environment",
    env: { AWS_REGION: "eu-central-1", ...ENV_KEYS },
    hosts: [AWS],
    key: "ENVKEY",
  },
  {
    name: "a bucket region of AWS by the option",
    env: { AWS_REGION: "us-west-2", ...ENV_KEYS },
    options: { region: "eu-central-1" },
    hosts: [AWS],
    key: "ENVKEY",
  },
];

describe("the S3 client sends to the host that is configured and no other", () => {
  for (const { name, files = {}, env = {}, options = {}, hosts, key } of CASES) {
    it(`with ${name}`, async () => {
      const sent = await withAwsHome(files, env, (home) => sendOne({ ...options, env: home.env }));
      assert.deepEqual(sent.map(({ origin }) => origin), hosts);
      assert.equal(sent.at(-1)?.scope.split("/")[0], key);
    });
  }

  it("with files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name", async () => {
    const files = {
      config: `[profile work]\nendpoint_url = ${TRAP}\n`,
      "moved/config": `[profile work]\nregion = eu-central-1\nendpoint_url = ${RIGHT}\n`,
      "moved/credentials": `[work]\n${KEYS}`,
    };
    const sent = await withAwsHome(files, {}, async ({ path, env }) => {
      const variables = {
        AWS_CONFIG_FILE: join(path, ".aws", "moved", "config"),
        AWS_SHARED_CREDENTIALS_FILE: "~/.aws/moved/credentials",
      };
      Object.assign(process.env, variables);
      return await sendOne({ profile: "work", env: { ...env, ...variables } });
    });
    assert.deepEqual(sent.map(({ origin }) => origin), [BUCKET_AT_RIGHT]);
    assert.equal(sent[0].scope.split("/")[0], "FILEKEY");
  });

  it("which the SDK alone would not do: the reason for all this", async () => {
    const config = `${WORK}endpoint_url = ${RIGHT}\n[default]\nendpoint_url = ${TRAP}\n`;
    const sent: Sent[] = [];
    await withAwsHome({ config }, {}, async () => {
      const client = new S3Client({ profile: "work", requestHandler: recorder(sent) });
      await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "x" }));
      client.destroy();
    });
    assert.deepEqual(sent.map(({ origin }) => origin), ["https://bucket.trap.example.com"]);
  });
});
