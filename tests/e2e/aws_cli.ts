/**
 * `aws`, the tool that people have for S3: Debian's awscli, which `scripts/ceph.sh` brings along.
 * `AWS_CLI` names another one.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import process from "node:process";
import { CEPH_SCRIPT, type StoreAddress } from "./ceph.ts";
import type { Missing } from "./missing.ts";

/** What a command gave. */
export interface AwsResult {
  /** What it wrote to its output, as it is. */
  readonly bytes: Uint8Array;
  /** The same, as text. */
  readonly stdout: string;
  /** What it wrote to its error output. */
  readonly stderr: string;
  /** What it ended with; 0 when all went well. */
  readonly code: number | null;
}

/** Looks whether there is an `aws` to run; tells what is missing when not. */
export async function findAws(): Promise<Missing | undefined> {
  const nowhere = {
    endpoint: "",
    region: "",
    credentials: { accessKeyId: "", secretAccessKey: "" },
  };
  const { code, stderr } = await aws(["--version"], nowhere);
  if (code === 0) return undefined;
  return { missing: stderr.trim().split("\n").at(-1) || `aws --version ended with ${code}` };
}

/**
 * Runs `aws`. It may run in a root file system of its own and see no file of this machine: documents
 * go in and out through `-`, as in `aws(["s3", "cp", "s3://bucket/key", "-"], store)`.
 *
 * @param args What comes after `aws`.
 * @param store The store it talks to.
 * @param input What it reads from its input.
 */
export async function aws(
  args: readonly string[],
  { endpoint, region, credentials }: StoreAddress,
  input: Uint8Array | string = "",
): Promise<AwsResult> {
  const [command, ...before] = process.env.AWS_CLI ? [process.env.AWS_CLI] : [CEPH_SCRIPT, "aws"];
  const env = {
    PATH: process.env.PATH ?? "",
    // No configuration and no credentials but these.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const child = spawn(command, [...before, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // A command that takes no input may be gone before it is written; its own code tells.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [bytes, errors, code] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    exited,
  ]);
  return {
    bytes,
    get stdout() {
      return new TextDecoder().decode(bytes);
    },
    stderr: new TextDecoder().decode(errors),
    code,
  };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
