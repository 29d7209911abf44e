/**
 * Credentials that are not to be had make one clear line that says what to do, and show no secret.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { inspect } from "node:util";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { credentialProvider } from "../../../backends/s3/credentials.ts";
import { resolveS3Place } from "../../../backends/s3/place.ts";
import { type ArchiveError, type ErrorCode, isArchiveError } from "../../../core/errors.ts";
import { type AwsFiles, SECRET, sendOne, withAwsHome } from "./aws_home.ts";

type Env = Readonly<Record<string, string>>;

interface Setup {
  readonly files?: AwsFiles;
  readonly env?: Env;
  readonly profile?: string;
}

const ENDPOINT = "https://store.example.com";
const REGION = "region = eu-central-1\n";
const KEYS = `aws_access_key_id = FILEKEY\naws_secret_access_key = ${SECRET}\n`;
const ROLE = `role_arn = arn:aws:iam::1:role/r\n`;

/** The error that sending an object ends with, checked for what holds of all. */
async function failure(code: ErrorCode, { files = {}, env = {}, profile }: Setup) {
  const error = await withAwsHome(files, { AWS_REGION: "eu-central-1", ...env }, async (home) => {
    try {
      const client = await clientFor({ env: home.env, profile });
      await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "x" }));
    } catch (error) {
      return error;
    }
  });
  assert.ok(isArchiveError(error, code), inspect(error));
  assert.equal(error.backend, "store");
  assert.doesNotMatch(error.message, /\n/);
  const all = inspect(error, { depth: 9, showHidden: true }) + inspect(error.cause);
  assert.doesNotMatch(all, new RegExp(SECRET));
  return error;
}

/** The backend's client, which has no place to send to but STS. */
async function clientFor(
  options: { env: Env | Record<string, string | undefined>; profile?: string },
) {
  const whole = { backend: "store", endpoint: ENDPOINT, ...options };
  const place = await resolveS3Place(whole);
  const signIn = await credentialProvider(whole, place);
  return new S3Client({
    endpoint: place.endpoint,
    region: place.region,
    maxAttempts: 1,
    ...signIn,
  });
}

/** The token file of an SSO session, as `aws sso login` leaves it. */
function tokenFile(session: string, expiresAt: string): AwsFiles {
  const name = createHash("sha1").update(session).digest("hex");
  return {
    [`sso/cache/${name}.json`]: JSON.stringify({ accessToken: SECRET, expiresAt }),
  };
}

/** Runs something beside a server that answers as STS does. */
async function withSts(status: number, xml: string, body: (url: string) => Promise<void>) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status).end(xml));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A loopback address where nobody listens. */
async function deadUrl(): Promise<string> {
  let dead = "";
  await withSts(200, "", (url) => {
    dead = url;
    return Promise.resolve();
  });
  return dead;
}

function stsError(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>` +
    `<Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

describe("an SSO login", () => {
  const SESSION = `[profile work]\n${REGION}sso_session = corp\nsso_account_id = 1\n` +
    `sso_role_name = r\n[sso-session corp]\nsso_start_url = https://x.example\n` +
    `sso_region = eu-central-1\n`;
  const RENEWS =
    /SSO login of the profile "work" has expired .* run: aws sso login --profile work$/;

  it("that has expired says which command renews it", async () => {
    const files = { config: SESSION, ...tokenFile("corp", "2020-01-01T00:00:00Z") };
    assert.match((await failure("Unauthorized", { files, profile: "work" })).message, RENEWS);
  });
  it("that never was says the same", async () => {
    const files = { config: SESSION };
    assert.match((await failure("Unauthorized", { files, profile: "work" })).message, RENEWS);
  });
  it("whose token file is damaged says the same, and shows nothing of it", async () => {
    const [name] = Object.keys(tokenFile("corp", ""));
    const files = { config: SESSION, [name]: `${SECRET} {` };
    assert.match((await failure("Unauthorized", { files, profile: "work" })).message, RENEWS);
  });
  it("of the old kind says the same", async () => {
    const config = `[profile work]\n${REGION}sso_start_url = https://x.example\n` +
      "sso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n";
    const files = { config, ...tokenFile("https://x.example", "2020-01-01T00:00:00Z") };
    assert.match((await failure("Unauthorized", { files, profile: "work" })).message, RENEWS);
  });
  it("of a role's source says which profile to renew", async () => {
    const files = { config: `${SESSION}[profile role]\n${ROLE}source_profile = work\n` };
    assert.match((await failure("Unauthorized", { files, profile: "role" })).message, RENEWS);
  });
  it("with half of its settings says which it needs", async () => {
    const files = { config: `[profile work]\n${REGION}sso_account_id = 1\n` };
    const { message } = await failure("Unauthorized", { files, profile: "work" });
    assert.match(message, /SSO settings .* "work" .* are incomplete.*aws configure sso$/);
  });
});

describe("a login by aws login", () => {
  it("that never was says which command makes it", async () => {
    const files = { config: `[profile work]\n${REGION}login_session = arn:aws:iam::1:user/u\n` };
    const { message } = await failure("Unauthorized", { files, profile: "work" });
    assert.match(message, /run: aws login --profile work$/);
  });
});

describe("a credential_process", () => {
  const CASES: readonly [what: string, command: string, said: RegExp][] = [
    ["that fails", `sh -c "echo ${SECRET} >&2; exit 3"`, /failed, or printed no usable/],
    ["that is not there", `/nowhere/${SECRET}`, /failed, or printed no usable/],
    ["that prints no JSON", `echo ${SECRET}`, /failed, or printed no usable/],
  ];
  for (const [what, command, said] of CASES) {
    it(`${what} is named by its profile, not by its command`, async () => {
      const files = { config: `[profile work]\n${REGION}credential_process = ${command}\n` };
      const { message } = await failure("Unauthorized", { files, profile: "work" });
      assert.match(message, said);
      assert.match(
        message,
        /see what it says with: aws configure export-credentials --profile work$/,
      );
    });
  }

  it("that never ends is given up, as a Timeout", async () => {
    const config = `[profile work]\n${REGION}credential_process = sleep 3\n`;
    await withAwsHome({ config }, {}, async ({ env }) => {
      const options = { backend: "store", profile: "work", env };
      const place = await resolveS3Place(options);
      const { credentials } = await credentialProvider(options, place, 50);
      assert.ok(typeof credentials === "function");
      await assert.rejects(credentials(), (error) => isArchiveError(error, "Timeout"));
    });
  });
});

describe("keys", () => {
  it("that are nowhere make a line that says where they may be", async () => {
    const files = { config: `[profile other]\n${REGION}` };
    const { message } = await failure("Unauthorized", { files });
    assert.match(message, /^no credentials for the backend "store": neither the environment/);
    assert.match(message, /\(there are: other\)/);
  });
  it("that the profile lacks are missed there", async () => {
    const files = { config: `[profile work]\n${REGION}`, credentials: `[other]\n${KEYS}` };
    const { message } = await failure("Unauthorized", { files, profile: "work" });
    assert.match(message, /the profile "work" has none .* run: aws configure --profile work$/);
  });
  for (const [there, missing] of [[0, 1], [1, 0]]) {
    const names = ["aws_access_key_id", "aws_secret_access_key"];
    it(`of which only ${names[there]} stands in the profile are told by name`, async () => {
      const files = { credentials: `[work]\n${names[there]} = ${SECRET}\n` };
      const { message } = await failure("Unauthorized", { files, profile: "work" });
      assert.ok(message.includes(`"work" has ${names[there]} but no ${names[missing]}`), message);
    });
    it(`of which only ${names[there].toUpperCase()} is in the environment are, too`, async () => {
      const env = { [names[there].toUpperCase()]: SECRET };
      const { message } = await failure("Unauthorized", { env });
      assert.ok(message.includes(`but no ${names[missing].toUpperCase()}`), message);
    });
  }
  it("of which the options give half are refused at once", async () => {
    const given = { accessKeyId: "", secretAccessKey: SECRET };
    await assert.rejects(sendOne({ endpoint: ENDPOINT, credentials: given, env: {} }), (error) => {
      assert.ok(isArchiveError(error, "Invalid"));
      assert.match(error.message, /lack their accessKeyId/);
      assert.doesNotMatch(inspect(error), new RegExp(SECRET));
      return true;
    });
  });
  it("in a profile whose name the SDK does not read say so", async () => {
    const files = { config: `[profile "my work"]\n${REGION}${KEYS}` };
    const { message } = await failure("Unauthorized", { files, profile: "my work" });
    assert.match(message, /"my work"; rename it/);
  });
  it("in a profile that the SDK does not find say how to write it", async () => {
    const files = { config: `[profile   work]\n${REGION}${KEYS}` };
    const { message } = await failure("Unauthorized", { files, profile: "work" });
    assert.match(message, /write \[profile work\]/);
  });
  it("that another tool renewed in the file are found without a restart", async () => {
    const credentials = `[work]\n${KEYS}`;
    await withAwsHome({ credentials }, {}, async ({ path, env }) => {
      const options = { backend: "store", profile: "work", env };
      const signIn = await credentialProvider(options, await resolveS3Place(options));
      assert.ok(typeof signIn.credentials === "function");
      const before = await signIn.credentials();
      assert.equal(before.accessKeyId, "FILEKEY");
      const left = Number(before.expiration) - Date.now();
      assert.ok(left > 5 * 60_000 && left <= 10 * 60_000, `asked again in ${left} ms`);
      await writeFile(join(path, ".aws", "credentials"), credentials.replace("FILEKEY", "NEWKEY"));
      assert.equal((await signIn.credentials()).accessKeyId, "NEWKEY");
    });
  });
});

describe("a role", () => {
  const config = `[profile work]\n${REGION}${ROLE}source_profile = base\n[profile base]\n${KEYS}`;
  const setup = (url: string) => ({
    files: { config },
    env: { AWS_ENDPOINT_URL_STS: url },
    profile: "work",
  });

  it("that may not be assumed says who may not do what", async () => {
    const denial = "User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on " +
      "resource: arn:aws:iam::1:role/r";
    await withSts(403, stsError("AccessDenied", `${denial} ${SECRET}`), async (url) => {
      const { message } = await failure("Unauthorized", setup(url));
      assert.ok(message.includes(denial), message);
      assert.match(message, /the profile "base".*allow sts:AssumeRole/);
    });
  });
  it("whose source has expired says so", async () => {
    await withSts(400, stsError("ExpiredToken", SECRET), async (url) => {
      const { message } = await failure("Unauthorized", setup(url));
      assert.match(message, /from the profile "base", has expired .*; renew it$/);
    });
  });
  it("is Transient while STS cannot be reached", async () => {
    const error = await failure("Transient", setup(await deadUrl()));
    assert.match(error.message, /cannot be reached; check the network/);
    assert.equal(error.retryable, true);
  });
  it("is Transient while STS has a fault, and Throttled while it is busy", async () => {
    await withSts(500, stsError("InternalFailure", "x"), async (url) => {
      assert.match((await failure("Transient", setup(url))).message, /has a fault .*HTTP 500/);
    });
    await withSts(400, stsError("Throttling", "Rate exceeded"), async (url) => {
      await failure("Throttled", setup(url));
    });
  });

  const BROKEN: readonly [what: string, profile: string, said: RegExp][] = [
    ["without a source", ROLE, /role_arn, and neither source_profile nor credential_source/],
    [
      "with a source that is not there",
      `${ROLE}source_profile = no\n`,
      /"no", which does not exist/,
    ],
    ["that needs an MFA code", `${ROLE}source_profile = work\nmfa_serial = x\n`, /MFA code/],
    [
      "in a circle",
      `${ROLE}source_profile = b\n[profile b]\n${ROLE}source_profile = work\n`,
      /refer to each other/,
    ],
  ];
  for (const [what, settings, said] of BROKEN) {
    it(`${what} says so`, async () => {
      const files = { config: `[profile work]\n${REGION}${settings}` };
      assert.match((await failure("Unauthorized", { files, profile: "work" })).message, said);
    });
  }

  it("by web identity whose token file is missing says so", async () => {
    const env = {
      AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/token",
      AWS_ROLE_ARN: "arn:aws:iam::1:role/r",
    };
    const { message } = await failure("Unauthorized", { env });
    assert.match(
      message,
      /token file for the role arn:aws:iam::1:role\/r cannot be read \(ENOENT\)/,
    );
  });
  it("by web identity of a profile whose token file is missing says so", async () => {
    const files = {
      config: `[profile work]\n${REGION}${ROLE}web_identity_token_file = /nowhere/token\n`,
    };
    const { message } = await failure("Unauthorized", { files, profile: "work" });
    assert.match(message, /token file .* cannot be read \(ENOENT\)/);
  });
});

describe("a failing search for credentials", () => {
  it("is not repeated by the client's own retries", async () => {
    await withAwsHome({}, {}, async ({ path, env }) => {
      const log = join(path, "runs");
      const config = `[profile work]\n${REGION}credential_process = echo run >> ${log}; exit 1\n`;
      await writeFile(join(path, "config"), config);
      Object.assign(process.env, { AWS_CONFIG_FILE: join(path, "config") });
      const all = { ...env, AWS_CONFIG_FILE: join(path, "config") };
      await assert.rejects(sendOne({ endpoint: ENDPOINT, profile: "work", env: all }));
      // The SDK's chain asks a program twice, as the profile's and then by itself; now and then it
      // does so once more for a signer that was quicker. A second attempt would make it four.
      assert.ok((await readFile(log, "utf8")).split("\n").filter(Boolean).length < 4);
    });
  });

  it("succeeds with the same client once the cause is gone", async () => {
    await withAwsHome({ credentials: "[work]\n" }, {}, async ({ path, env }) => {
      const options = { backend: "store", profile: "work", env };
      const signIn = await credentialProvider(options, await resolveS3Place(options));
      const { credentials } = signIn;
      assert.ok(typeof credentials === "function");
      await assert.rejects(credentials(), (error: ArchiveError) => error.code === "Unauthorized");
      await writeFile(join(path, ".aws", "credentials"), `[work]\n${KEYS}`);
      assert.equal((await credentials()).accessKeyId, "FILEKEY");
    });
  });
});
