import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { credentialFiles, type CredentialsSource } from "../../../backends/s3/credential_files.ts";
import { type AwsFiles, withAwsHome } from "./aws_home.ts";

const KEYS = { accessKeyId: "AKID", secretAccessKey: "secret" };

/** The files below `.aws`, or as they are. */
function filesOf(
  config: string,
  source: Omit<CredentialsSource, "env"> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const files: AwsFiles = { config };
  return withAwsHome(files, variables, async ({ path, env }) => {
    const found = await credentialFiles({ ...source, env });
    return found.map((file) => file.replace(join(path, ".aws/"), ""));
  });
}

function sha(kind: "sha1" | "sha256", text: string): string {
  return createHash(kind).update(text).digest("hex");
}

const SHARED = ["config", "credentials"];

test("the shared files count wherever anything is left to them", async () => {
  assert.deepEqual(await filesOf(""), SHARED);
  assert.deepEqual(await filesOf("", { credentials: KEYS }), SHARED);
  const place = { endpoint: "https://store.example", region: "us-east-1" };
  assert.deepEqual(await filesOf("", { ...place, credentials: KEYS }), []);
  assert.deepEqual(await filesOf("[profile x\n", { profile: "x" }), SHARED, "one is damaged");
});

test("they count where the environment says that they are", async () => {
  const found = await filesOf("", {}, {
    AWS_CONFIG_FILE: "/elsewhere/config",
    AWS_SHARED_CREDENTIALS_FILE: "/elsewhere/keys",
  });
  assert.deepEqual(found, ["/elsewhere/config", "/elsewhere/keys"]);
});

test("the cache of an SSO login counts, by session or start URL, also that of a role's source", async () => {
  const sso = "sso_account_id = 1\nsso_role_name = r\n";
  const session = `[sso-session work]\nsso_start_url = https://a\nsso_region = eu-west-1\n`;
  const profiles = `${session}[profile a]\nsso_session = work\n${sso}` +
    `[profile b]\nsso_start_url = https://b\n${sso}` +
    "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = a\n";
  const cache = (login: string) => join("sso", "cache", `${sha("sha1", login)}.json`);
  assert.deepEqual(await filesOf(profiles, { profile: "a" }), [...SHARED, cache("work")]);
  assert.deepEqual(await filesOf(profiles, { profile: "b" }), [...SHARED, cache("https://b")]);
  assert.deepEqual(await filesOf(profiles, { profile: "role" }), [...SHARED, cache("work")]);
  assert.deepEqual(await filesOf(profiles, {}, { AWS_PROFILE: "a" }), [...SHARED, cache("work")]);
});

test("the cache of a login counts, wherever it is", async () => {
  const profiles = "[default]\nlogin_session = arn:me\n";
  const name = `${sha("sha256", "arn:me")}.json`;
  assert.deepEqual(await filesOf(profiles), [...SHARED, join("login", "cache", name)]);
  const elsewhere = await filesOf(profiles, {}, { AWS_LOGIN_CACHE_DIRECTORY: "/logins" });
  assert.deepEqual(elsewhere, [...SHARED, join("/logins", name)]);
});

test("tokens in files count, of a profile and of the environment", async () => {
  const role = "role_arn = arn:aws:iam::1:role/r\n";
  const profile = `[default]\n${role}web_identity_token_file = /token\n`;
  assert.deepEqual(await filesOf(profile), [...SHARED, "/token"]);
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: "/other", AWS_ROLE_ARN: "arn:aws:iam::1:role/r" };
  assert.deepEqual(await filesOf("", {}, env), [...SHARED, "/other"]);
  const container = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1",
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/pod",
  };
  assert.deepEqual(await filesOf("", {}, container), [...SHARED, "/pod"]);
});

test("a program that gives credentials has no file", async () => {
  assert.deepEqual(await filesOf("[default]\ncredential_process = /bin/keys\n"), SHARED);
});
