/**
 * What the tests of the S3 backend's configuration share: a home folder with made-up AWS files, an
 * environment without anything of this machine's, and a client whose requests go nowhere.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { credentialProvider } from "../../../backends/s3/credentials.ts";
import { resolveS3Place, type S3PlaceOptions } from "../../../backends/s3/place.ts";

/** Stands for every secret in made-up files; no message may show it. */
export const SECRET = "hunter2hunter2SECRETxyz";

/** A home folder that vanishes. */
export interface AwsHome {
  readonly path: string;
  /** The environment in which it is the home. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The files of a home, by their path below `.aws`. */
export type AwsFiles = Readonly<Record<string, string>>;

/**
 * Runs something with a home of its own. `process.env` is what the SDK reads, so it is changed
 * meanwhile: all of AWS goes, and no instance metadata is asked for.
 */
export async function withAwsHome<T>(
  files: AwsFiles,
  variables: Readonly<Record<string, string>>,
  body: (home: AwsHome) => Promise<T>,
): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "session-archiver-aws-"));
  const before = { ...process.env };
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(path, ".aws", name);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, text);
    }
    for (const name of Object.keys(process.env)) {
      if (name.startsWith("AWS_")) delete process.env[name];
    }
    Object.assign(process.env, { HOME: path, AWS_EC2_METADATA_DISABLED: "true", ...variables });
    return await body({ path, env: { ...process.env } });
  } finally {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before);
    await rm(path, { recursive: true, force: true });
  }
}

/** Where a request would have gone. */
export interface Sent {
  /** `http://localhost:9000`, without a default port. */
  readonly origin: string;
  readonly path: string;
  /** Who signed it and for where: `AKID/20260115/eu-central-1/s3/aws4_request`. */
  readonly scope: string;
}

interface Request {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes requests, sends none, and answers as a store or as STS would. */
export function recorder(sent: Sent[]) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle(request: Request) {
      const port = request.port === undefined ? "" : `:${request.port}`;
      const authorization = request.headers.authorization ?? request.headers.Authorization ?? "";
      sent.push({
        origin: `${request.protocol}//${request.hostname}${port}`,
        path: request.path,
        scope: /Credential=([^,]+)/.exec(authorization)?.[1] ?? "",
      });
      const isStore = authorization.includes("/s3/aws4_request");
      const body = new TextEncoder().encode(isStore ? "" : ASSUMED);
      const headers = { etag: '"ab"', "content-type": "text/xml" };
      return Promise.resolve({ response: { statusCode: 200, headers, body } });
    },
    destroy() {},
  };
}

const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>ASSUMED</AccessKeyId>
<SecretAccessKey>${SECRET}</SecretAccessKey><SessionToken>${SECRET}</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>`;

/** Sends one object as the backend would, and tells where every request would have gone. */
export async function sendOne(options: Omit<S3PlaceOptions, "backend">): Promise<Sent[]> {
  const sent: Sent[] = [];
  const whole = { backend: "work", ...options };
  const place = await resolveS3Place(whole);
  const client = new S3Client({
    endpoint: place.endpoint,
    region: place.region,
    requestHandler: recorder(sent),
    ...await credentialProvider(whole, place),
  });
  try {
    await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "x" }));
  } finally {
    client.destroy();
  }
  return sent;
}
