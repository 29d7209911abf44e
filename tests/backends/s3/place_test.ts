/**
 * Endpoint, region and profile are found as the AWS tools find them, told with who said so, and
 * refused where a mistake would send sessions to another host.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { type ErrorCode, isArchiveError } from "../../../core/errors.ts";
import { resolveS3Place, type S3PlaceOptions } from "../../../backends/s3/place.ts";
import { type AwsFiles, SECRET, withAwsHome } from "./aws_home.ts";

type Env = Readonly<Record<string, string>>;

function place(files: AwsFiles, options: Partial<S3PlaceOptions> = {}, env: Env = {}) {
  return withAwsHome(
    files,
    env,
    (home) => resolveS3Place({ backend: "store", env: home.env, ...options }),
  );
}

async function refused(
  code: ErrorCode,
  message: RegExp,
  files: AwsFiles,
  options: Partial<S3PlaceOptions> = {},
  env: Env = {},
) {
  await assert.rejects(place(files, options, env), (error) => {
    assert.ok(isArchiveError(error, code), String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, new RegExp(SECRET));
    assert.equal(error.backend, "store");
    return true;
  });
}

const PAIR = { accessKeyId: "A", secretAccessKey: SECRET };
const WORK = "[profile work]\nregion = eu-central-1\n";

describe("resolveS3Place() tells who named the endpoint", () => {
  const SERVICES = "services = s\n[services s]\ns3 =\n  endpoint_url = http://s\n";
  const CASES: readonly [
    from: string,
    files: AwsFiles,
    options: Partial<S3PlaceOptions>,
    env: Env,
  ][] = [
    ["the configuration", {}, { endpoint: "http://x" }, {}],
    ["AWS_ENDPOINT_URL_S3", {}, {}, { AWS_ENDPOINT_URL_S3: "http://x" }],
    ["AWS_ENDPOINT_URL", {}, {}, { AWS_ENDPOINT_URL: "http://x" }],
    [
      'services section "s" of profile "work" in ~/.aws/config',
      { config: WORK + SERVICES },
      { profile: "work" },
      {},
    ],
    [
      'profile "work" in ~/.aws/credentials',
      { credentials: "[work]\nendpoint_url = http://x\n" },
      { profile: "work" },
      {},
    ],
    ["AWS itself, as nobody names another", { config: WORK }, { profile: "work" }, {}],
    [
      "AWS itself, by AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
      {},
      {},
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true", AWS_ENDPOINT_URL: "http://x" },
    ],
    [
      'AWS itself, by ignore_configured_endpoint_urls of profile "work" in ~/.aws/config',
      { config: `${WORK}ignore_configured_endpoint_urls = TRUE\nendpoint_url = http://x\n` },
      { profile: "work" },
      {},
    ],
  ];
  for (const [from, files, options, env] of CASES) {
    it(from, async () => {
      const found = await place(files, options, env);
      assert.equal(found.from.endpoint, from);
      assert.equal(found.endpoint === undefined, from.startsWith("AWS itself"));
    });
  }
});

describe("resolveS3Place() finds the region", () => {
  const both = {
    config: "[profile work]\nregion = from-config\n",
    credentials: "[work]\nregion = from-credentials\n",
  };
  it("in the option first", async () => {
    const env = { AWS_REGION: "from-env" };
    const found = await place(both, { region: "from-option", profile: "work" }, env);
    assert.deepEqual([found.region, found.from.region], ["from-option", "the configuration"]);
  });
  it("in AWS_REGION even when the option names a profile, as the SDK does", async () => {
    const found = await place(both, { profile: "work" }, { AWS_REGION: "from-env" });
    assert.deepEqual([found.region, found.from.region], ["from-env", "AWS_REGION"]);
  });
  it("in the profile, the credentials file first, as the SDK does", async () => {
    const found = await place(both, { profile: "work" }, { AWS_DEFAULT_REGION: "ignored" });
    assert.equal(found.region, "from-credentials");
    assert.equal(found.from.region, 'profile "work" in ~/.aws/credentials');
  });
  it("nowhere, and says so", async () => {
    const found = await place({}, {});
    assert.deepEqual([found.region, found.from.region], [undefined, "nobody"]);
  });
  it("and refuses what can be none", async () => {
    await refused("Invalid", /region "eu central" .* from AWS_REGION/, {}, {}, {
      AWS_REGION: "eu central",
    });
    await refused("Invalid", /region "x\.evil\.example\/"/, {}, { region: "x.evil.example/" });
  });
});

describe("resolveS3Place() finds the profile", () => {
  const two = { config: `${WORK}[default]\n`, credentials: "[private]\n" };
  it("in the option, in AWS_PROFILE, or takes the default one where there is one", async () => {
    const env = { AWS_PROFILE: "private" };
    assert.equal((await place(two, { profile: "work" }, env)).profile, "work");
    assert.equal((await place(two, {}, env)).profile, "private");
    assert.equal((await place(two, {}, { AWS_PROFILE: "" })).profile, "default");
    assert.equal((await place({ config: WORK }, {})).profile, undefined);
  });
  it("or lists those that exist, and guesses", async () => {
    const message =
      /option "profile" of the backend "store" .* "wrok".*did you mean "work"\?; there are: default, private, work$/;
    await refused("Invalid", message, two, { profile: "wrok" });
    await refused(
      "Invalid",
      /^AWS_PROFILE .* "nope".*there are: default, private, work$/,
      two,
      {},
      {
        AWS_PROFILE: "nope",
      },
    );
    await refused("Invalid", /there is no profile in them$/, {}, { profile: "work" });
  });
  it("and says how its section must be called", async () => {
    const files = { config: "[work]\nregion = x\n" };
    await refused("Invalid", /\[work\] must be called \[profile work\]/, files, {
      profile: "work",
    });
  });
  it("and does not care what AWS_PROFILE names when address and keys are given", async () => {
    const options = { endpoint: "http://x", credentials: PAIR };
    const found = await place(two, options, { AWS_PROFILE: "nope" });
    assert.deepEqual([found.endpoint, found.profile], ["http://x", undefined]);
    await refused("Invalid", /"nope"/, two, { credentials: PAIR }, { AWS_PROFILE: "nope" });
  });
  it("and reads no file when nothing is left to it", async () => {
    const options = { endpoint: "http://x", credentials: PAIR, region: "r" };
    assert.equal((await place({ config: "broken" }, options)).region, "r");
    await refused("Invalid", /line 1/, { config: "broken" }, { endpoint: "http://x" });
  });
});

describe("resolveS3Place() refuses an endpoint", () => {
  it("that is none, naming who said it", async () => {
    await refused(
      "Invalid",
      /"localhost:9000" .* from AWS_ENDPOINT_URL, cannot be used: begin the store's address with https/,
      {},
      {},
      {
        AWS_ENDPOINT_URL: "localhost:9000",
      },
    );
    await refused("Invalid", /"ftp:\/\/x"/, {}, { endpoint: "ftp://x" });
    await refused("Invalid", /give an address, such as/, {}, { endpoint: "http://" });
  });
  for (
    const url of [
      `http://user:${SECRET}@host`,
      `http://${SECRET}@host:badport`,
      `http://host/?token=${SECRET}`,
      `${SECRET}@host`,
      `http://host/#${SECRET}`,
    ]
  ) {
    it(`with more than an address in it, showing nothing: ${url.replace(SECRET, "…")}`, async () => {
      await refused("Invalid", /^the endpoint of the backend "store", from profile "work"/, {
        config: `${WORK}endpoint_url = ${url}\n`,
      }, { profile: "work" });
    });
  }
  it("behind a services section that does not exist, listing those that do", async () => {
    const files = {
      config: `${WORK}services = x\n[services y]\ns3 =\n  endpoint_url = http://z\n`,
    };
    await refused("Invalid", /services section "x", .*there are: y$/, files, { profile: "work" });
  });
  it("that is not nested in its services section", async () => {
    const files = { config: `${WORK}services = s\n[services s]\ns3 =\nendpoint_url = http://z\n` };
    await refused("Invalid", /must be indented, below a line "s3 ="/, files, { profile: "work" });
  });
  it("that is nested in a profile, where AWS tools pass over it", async () => {
    const files = { config: `${WORK}s3 =\n  endpoint_url = http://z\n` };
    await refused("Invalid", /would store at AWS itself/, files, { profile: "work" });
  });
  it("in a section that lacks the word profile", async () => {
    const files = { config: "[work]\nendpoint_url = http://z\n", credentials: "[work]\n" };
    await refused("Invalid", /must be called \[profile work\]/, files, { profile: "work" });
  });
  const U = "endpoint_url = http://z\n";
  const SECTION = `${WORK}services = s\n[services s]\n`;
  const KEYS = "[work]\naws_access_key_id = A\n";
  const UNUSED: readonly [what: string, files: AwsFiles, said: RegExp][] = [
    [
      "below s3api in its services section",
      { config: `${SECTION}s3api =\n  ${U}` },
      /"s3api\.endpoint_url" in the section \[services s\] of ~\/\.aws\/config .*below a line "s3 ="/,
    ],
    [
      "under another name below s3 in its services section",
      { config: `${SECTION}s3 =\n  endpoint-url = http://z\n` },
      /"s3\.endpoint-url" .*write endpoint_url/,
    ],
    [
      "under another name in its services section",
      { config: `${SECTION}endpoint = http://z\n` },
      /"endpoint" in the section \[services s\]/,
    ],
    [
      "behind a key without a value",
      { config: `${WORK}sso_start_url =\n  ${U}` },
      /"sso_start_url\.endpoint_url" of profile "work" .*empty "sso_start_url ="/,
    ],
    [
      "behind a key without a value in the credentials file",
      { credentials: `${KEYS}aws_session_token =\n  ${U}` },
      /"aws_session_token\.endpoint_url" of profile "work" in ~\/\.aws\/credentials/,
    ],
    [
      "in a section that says Profile",
      { config: `[Profile work]\n${U}`, credentials: KEYS },
      /the section \[Profile work\] .*must be called \[profile work\]/,
    ],
    [
      "behind a services section that a section named Profile names",
      { config: `[Profile "work"]\nservices = s\n`, credentials: KEYS },
      /must be called \[profile work\]/,
    ],
    ...["endpoint-url", "endpoint", "endpoint_url_s3", "endpointurl", "Endpoint_URI", "s3_endpoint"]
      .map((key): [string, AwsFiles, RegExp] => [
        `under the name ${key}`,
        { config: `${WORK}${key} = http://z\n` },
        new RegExp(`"${key}" of profile "work" in ~/\\.aws/config .*write endpoint_url$`, "i"),
      ]),
  ];
  for (const [what, files, said] of UNUSED) {
    it(`${what}, where AWS tools pass over it`, async () => {
      await refused("Invalid", said, files, { profile: "work" });
      await refused("Invalid", /would store at AWS itself/, files, {}, { AWS_PROFILE: "work" });
    });

    it(`${what}, and not where another one counts or none may`, async () => {
      const env = { AWS_ENDPOINT_URL_S3: "http://x" };
      assert.equal((await place(files, { profile: "work" }, env)).endpoint, "http://x");
      const option = { profile: "work", endpoint: "http://y" };
      assert.equal((await place(files, option)).endpoint, "http://y");
      const ignore = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
      assert.equal((await place(files, { profile: "work" }, ignore)).endpoint, undefined);
    });

    it(`${what}, and not in a profile that is not in force`, async () => {
      const credentials = `${files.credentials ?? ""}[other]\nregion = r\n`;
      const found = await place({ ...files, credentials }, { profile: "other" });
      assert.equal(found.endpoint, undefined);
    });
  }
  it("in [default] beside a [profile default], which AWS tools take instead", async () => {
    const config = `[default]\n${U}[profile default]\nregion = r\n`;
    const message = /the section \[default\] .*\[profile default\] is there too/;
    await refused("Invalid", message, { config });
    await refused("Invalid", message, { config }, { profile: "default" });
    const own = `${config}endpoint_url = http://own\n`;
    assert.equal((await place({ config: own })).endpoint, "http://own");
    assert.equal((await place({ config: config + WORK }, { profile: "work" })).endpoint, undefined);
  });
  it("in [Default], which is no profile", async () => {
    await refused("Invalid", /\[Default\] .*\[profile default\]/, { config: `[Default]\n${U}` });
  });
  it("only where it is meant for S3", async () => {
    const config = `${WORK}services = s\nendpoint_discovery_enabled = true\n` +
      "ec2_metadata_service_endpoint = http://e\ns3 =\n  use_accelerate_endpoint = true\n" +
      `[services s]\ndynamodb =\n  ${U}s3control =\n  ${U}`;
    assert.equal((await place({ config }, { profile: "work" })).endpoint, undefined);
  });
  it("whose switch is neither true nor false", async () => {
    await refused("Invalid", /AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "yes"/, {}, {}, {
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "yes",
    });
  });
});
