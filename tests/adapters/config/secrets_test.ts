/**
 * No way of writing a configuration wrong shows a secret that stands in it: not in messages, causes
 * or stacks, not as JSON.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { openBackends } from "../../../adapters/config/backends.ts";
import { parseConfig } from "../../../adapters/config/parse.ts";
import { FILE } from "./reading.ts";

/** As long as a real one, with signs that mean something to YAML, addresses and patterns. */
const MARKERS = [
  "MARKERmarker0123456789marker0123456789mar",
  "hunter2MARKER",
  "Marker/+=x",
  "MARKER",
];

/** Every wrong file, with a secret in place of SECRET, and ${VAR} set to it. */
const FILES: readonly string[] = [
  // Right keys, wrong values beside, around and in place of them.
  s3("credentials: {accessKeyId: id, secretAccessKey: SECRET}, colour: red"),
  s3(
    "credentials: {accessKeyId: SECRET, secretAccessKey: SECRET, sessionToken: SECRET}, region: ''",
  ),
  s3("credentials: {accessKeyId: 'SECRET SECRET', secretAccessKey: x}"),
  s3("credentials: {accessKeyId: id, secretAccessKey: 'SECRET '}"),
  s3("credentials: {accessKeyId: id, secretAccessKey: [SECRET]}"),
  s3("credentials: {accessKeyId: id, secretAccessKey: {value: SECRET}}"),
  s3("credentials: {accessKeyId: id, secretAccessKey: {SECRET: value}}"),
  s3("credentials: {accessKeyId: {SECRET: SECRET}, secretAccessKey: true}"),
  s3("credentials: SECRET"),
  s3("credentials: [SECRET, SECRET]"),
  s3("credentials: {default: {accessKeyId: id, secretAccessKey: SECRET}}"),
  s3("profile: p, credentials: {accessKeyId: id, secretAccessKey: SECRET}"),
  s3("type: S3, credentials: {accessKeyId: id, secretAccessKey: SECRET}"),
  "backends: {s: {type: S3, bucket: b, secretAccessKey: SECRET}}",
  "backends: {s: {bucket: b, credentials: {secretAccessKey: SECRET}}}",
  // Wrong names of keys, and keys in wrong places.
  s3("credentials: {accessKeyId: id, secretAcessKey: SECRET}"),
  s3("credentials: {accessKeyId: id, secret: SECRET, password: SECRET}"),
  s3("credentials: {accessKeyId: id, SECRET: }"),
  s3("credentials: {accessKeyId: id, SECRET}"),
  s3("credentials: {accessKeyId: id, secretAccessKey:SECRET}"),
  s3("secretAccessKey: SECRET, accessKeyId: SECRET, sessionToken: SECRET"),
  s3("credential: {accessKeyId: id, secretAccessKey: SECRET}"),
  s3("secretAccessKey:SECRET"),
  s3("password: SECRET, token: [SECRET], key: {a: SECRET}"),
  "secretAccessKey: SECRET\nbackends: {}",
  "backends: {secretAccessKey: SECRET}",
  "backends: {s: SECRET}",
  "backends: {secretAccessKey:SECRET}",
  "backends: SECRET",
  "backends: [SECRET]",
  "SECRET",
  "- SECRET",
  // Credentials in addresses, and in what was meant to be one.
  s3("endpoint: 'https://SECRET@s3.example.com'"),
  s3("endpoint: 'https://id:SECRET@s3.example.com/path'"),
  s3("endpoint: 'id:SECRET@s3.example.com'"),
  s3("endpoint: '//id:SECRET@s3.example.com'"),
  s3("endpoint: 'ftp://id:SECRET@s3.example.com'"),
  s3("endpoint: 'https://s3.example.com/?X-Amz-Signature=SECRET'"),
  s3("endpoint: 'https://s3.example.com/#SECRET'"),
  s3("endpoint: 'https://id:SECRET@my-bucket.s3.amazonaws.com'"),
  s3("endpoint: ['https://id:SECRET@s3.example.com']"),
  "backends: {s: {type: s3, bucket: 's3://id:SECRET@bucket/prefix'}}",
  "backends: {s: {type: s3, bucket: 'https://id:SECRET@host/bucket'}}",
  "backends: {s: {type: s3, bucket: 'x secretAccessKey:SECRET'}}",
  "backends: {s: 's3://id:SECRET@bucket'}",
  "backends: {'s3://id:SECRET@bucket': {type: s3, bucket: bbb}}",
  // Lines that run together.
  "backends:\n  s:\n    type: s3\n    bucket: bbb\n     secretAccessKey:SECRET\n",
  "backends:\n  s:\n    type: s3\n    bucket:\n      secretAccessKey:SECRET\n",
  "backends:\n  s:\n    type: s3\n    bucket: bbb\n    credentials:\n      accessKeyId: a\n" +
  "       secretAccessKey:SECRET\n",
  // What is not YAML, at and around the line with the secret.
  yaml("secretAccessKey: *SECRET"),
  yaml("secretAccessKey: !SECRET x"),
  yaml("secretAccessKey: !!SECRET"),
  yaml("secretAccessKey: !!int SECRET"),
  yaml("secretAccessKey: !<SECRET> x"),
  yaml("secretAccessKey: !SECRET!x y"),
  yaml("secretAccessKey: &SECRET"),
  yaml("secretAccessKey: @SECRET"),
  yaml("secretAccessKey: `SECRET"),
  yaml("secretAccessKey: %SECRET"),
  yaml("secretAccessKey: |SECRET"),
  yaml("secretAccessKey: >SECRET"),
  yaml("secretAccessKey: {SECRET"),
  yaml("secretAccessKey: [SECRET"),
  yaml("secretAccessKey: ]SECRET"),
  yaml("secretAccessKey: 'SECRET"),
  yaml('secretAccessKey: "SECRET'),
  yaml('secretAccessKey: "\\q SECRET"'),
  yaml("secretAccessKey: 'a' SECRET"),
  yaml("secretAccessKey: SECRET: x"),
  yaml("secretAccessKey SECRET"),
  yaml("secretAccessKey:SECRET"),
  yaml("\tsecretAccessKey: SECRET"),
  yaml("  secretAccessKey: SECRET"),
  yaml("secretAccessKey: SECRET\n      secretAccessKey: SECRET"),
  yaml("<<: SECRET"),
  yaml("? SECRET\n     : ["),
  "%TAG SECRET x\n---\na: 1",
  "%TAG !SECRET tag:x\n---\na: 1",
  "%YAML SECRET\n---\na: 1",
  "--- SECRET\n--- x\n",
  `a: "SECRET\u0000"`,
  // Variables: the value is a secret, wherever it stands.
  ...[
    "bucket: '${VAR}/x'",
    "bucket: 's3://${VAR}/x'",
    "region: '${VAR} !'",
    "endpoint: '${VAR}'",
    "endpoint: 'https://${VAR}@host'",
    "endpoint: 'https://host?${VAR}'",
    "endpoint: 'ftp://${VAR}'",
    "prefix: '../${VAR}'",
    "provider: '${VAR}'",
    "forcePathStyle: '${VAR}'",
    "storageClass: '${VAR} !'",
    "serverSideEncryption: '${VAR}'",
    "kmsKeyId: '${VAR}'",
    "tags: {a: '${VAR}\t'}",
    "profile: '[${VAR}]'",
    "colour: '${VAR}'",
    "credentials: '${VAR}'",
    "credentials: {accessKeyId: '${VAR} x', secretAccessKey: '${VAR} '}",
    "credentials: {accessKeyId: '${UNSET}', secretAccessKey: '${VAR}${UNSET}'}",
    "credentials: {accessKeyId: '${VAR}', secretAccessKey: 'SECRET${'}",
    "credentials: {accessKeyId: '${VAR}', secretAccessKey: '${SECRET+-'}",
  ].map(s3),
  "backends: {s: {type: '${VAR}'}}",
  "backends: {s: {type: file, path: '~${VAR}/x'}}",
  "backends: {s: {type: file, path: '${VAR}\u0007'}}",
  "backends: {s: {type: file, path: /x}}\ndefault: '${VAR}'",
  "backends: {s: {type: file, path: /x}}\nrules: [{match: '${VAR}', backend: '${VAR}'}]",
  "backends: {s: {type: file, path: /x}}\nrules: [{match: '~${VAR}', backend: ['${VAR}', '${VAR}']}]",
  "backends: {s: {type: file, path: /x}}\narchive: {minInterval: '${VAR}', compress: '${VAR}'}",
];

function s3(keys: string): string {
  const bucket = keys.startsWith("bucket:") ? "" : "bucket: my-bucket, ";
  const type = keys.startsWith("type:") ? "" : "type: s3, ";
  return `backends: {s: {${type}${bucket}${keys}}}`;
}

function yaml(line: string): string {
  return "backends:\n  s:\n    type: s3\n    bucket: bbb\n    credentials:\n" +
    `      accessKeyId: id\n      ${line}\n`;
}

/** Everything that anybody could print of an error. */
function allOf(error: unknown): string {
  assert.ok(error instanceof Error);
  return [
    error.message,
    error.stack,
    String(error.cause),
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
  ].join("\n");
}

describe("a wrong configuration", () => {
  for (const [index, file] of FILES.entries()) {
    it(`#${index} is refused and shows no secret: ${JSON.stringify(file.slice(0, 70))}`, () => {
      for (const secret of MARKERS) {
        const text = file.replaceAll("SECRET", secret);
        const env = { HOME: "/home/me", VAR: secret };
        assert.throws(
          () => parseConfig(text, { path: FILE, env, platform: "linux", hostname: () => "box" }),
          (error) => {
            const shown = allOf(error);
            assert.ok(!shown.includes(secret), `${secret} is in ${shown}`);
            return true;
          },
          text,
        );
      }
    });
  }
});

describe("a right configuration", () => {
  it("shows no secret when it, its warnings or its backends are shown", async () => {
    const secret = "hunter2MARKER";
    const text = s3(
      `credentials: {accessKeyId: id, secretAccessKey: ${secret}, sessionToken: '\${VAR}'}, ` +
        "endpoint: 'http://s3.example.com', storageClass: GLACIER",
    );
    const env = { HOME: "/home/me", VAR: secret };
    const config = parseConfig(text, {
      path: FILE,
      env,
      platform: "linux",
      hostname: () => "box",
      mode: 0o644,
    });
    assert.equal(config.warnings.length, 3);
    const backends = await openBackends(config, { env });
    const shown = [config, backends].map((one) => inspect(one, { depth: 20, showHidden: true }));
    shown.push(JSON.stringify([...config.backends]), JSON.stringify(backends));
    assert.ok(!shown.join("\n").includes(secret), shown.join("\n"));
    await Promise.all(backends.map((backend) => backend.close?.()));
  });
});
