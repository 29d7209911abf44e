/**
 * A real S3 store for tests: Ceph's gateway of `scripts/ceph.sh`, started for whoever asks and gone
 * with them; or the store that `S3_ENDPOINT`, `S3_REGION`, `S3_KEY` and `S3_SECRET` name.
 *
 * @module
 */
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Missing } from "./missing.ts";

/** The script that builds, starts and stops it. */
export const CEPH_SCRIPT: string = fileURLToPath(
  new URL("../../scripts/ceph.sh", import.meta.url),
);

/** How to reach a store, and who asks. */
export interface StoreAddress {
  /** Its address, as in `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  /** The region to sign for. */
  readonly region: string;
  /** The keys of a user who may make buckets. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A store to test against. */
export interface Ceph extends StoreAddress {
  /** Whether it was started here, and so is the one that all claims are made of. */
  readonly own: boolean;
  /** The SDK's own client, to look at the store past what is tested. */
  readonly client: S3Client;
  /**
   * Makes a bucket, which is emptied and deleted in the end.
   *
   * @param name Its name; one that nobody has by default.
   * @returns Its name.
   */
  makeBucket(name?: string): Promise<string>;
  /** Keys of uploads in parts that were begun, and neither completed nor aborted. */
  unfinishedUploads(bucket: string, prefix?: string): Promise<string[]>;
  /** Removes the buckets that were made here, and ends the store if it was started here. */
  stop(): Promise<void>;
}

/**
 * Finds or starts a store.
 *
 * @returns The store; or what is missing on a machine that cannot run one, or what broke on one that
 *   can.
 */
export async function startCeph(): Promise<Ceph | Missing> {
  try {
    const given = addressIn(process.env);
    if (given) return storeAt(given);
    const missing = await install();
    if (missing !== undefined) return { missing };
    const { address, end } = await serve();
    return storeAt(address, end);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error), broken: true };
  }
}

function addressIn(env: Readonly<Record<string, string | undefined>>): StoreAddress | undefined {
  const { S3_ENDPOINT, S3_REGION, S3_KEY, S3_SECRET } = env;
  if (!S3_ENDPOINT) return undefined;
  if (!S3_KEY || !S3_SECRET) {
    throw new Error("S3_ENDPOINT is set; S3_KEY and S3_SECRET must be too");
  }
  const credentials = { accessKeyId: S3_KEY, secretAccessKey: S3_SECRET };
  return { endpoint: S3_ENDPOINT, region: S3_REGION || "us-east-1", credentials };
}

/** A store; with how to end it, where it was started here. */
function storeAt(address: StoreAddress, end?: () => Promise<void>): Ceph {
  const client = new S3Client({
    ...address,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const buckets: string[] = [];
  return {
    ...address,
    own: end !== undefined,
    client,
    async makeBucket(name = `archiver-test-${crypto.randomUUID()}`) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
      buckets.push(name);
      return name;
    },
    async unfinishedUploads(bucket, prefix) {
      return (await uploadsIn(client, bucket, prefix)).map(({ Key }) => Key);
    },
    async stop() {
      try {
        for (const bucket of buckets.splice(0)) await remove(client, bucket);
      } finally {
        client.destroy();
        await end?.();
      }
    },
  };
}

// ── Cleaning up ──────────────────────────────────────────────────────────────

interface Upload {
  readonly Key: string;
  readonly UploadId: string;
}

async function uploadsIn(client: S3Client, Bucket: string, Prefix?: string): Promise<Upload[]> {
  const found: Upload[] = [];
  const wanted: ListMultipartUploadsCommandInput = { Bucket, Prefix };
  while (true) {
    const page = await client.send(new ListMultipartUploadsCommand(wanted));
    for (const { Key = "", UploadId = "" } of page.Uploads ?? []) found.push({ Key, UploadId });
    if (!page.IsTruncated) return found;
    wanted.KeyMarker = page.NextKeyMarker;
    wanted.UploadIdMarker = page.NextUploadIdMarker;
  }
}

async function remove(client: S3Client, Bucket: string): Promise<void> {
  for (const upload of await uploadsIn(client, Bucket)) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, ...upload }));
  }
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    const keys = Contents.map(({ Key }) => Key).values();
    const worker = async () => {
      // One by one: every store does that, while not all take the SDK's bulk deletes.
      for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket, Key }));
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }
  await client.send(new DeleteBucketCommand({ Bucket }));
}

// ── Starting one ─────────────────────────────────────────────────────────────

/** What the script ends with on a machine where no Ceph can be. */
const IMPOSSIBLE = 3;

interface Served {
  readonly address: StoreAddress;
  end(): Promise<void>;
}

async function serve(): Promise<Served> {
  // It ends when its input does, so that not even a test that is killed leaves it behind.
  const child = spawn(CEPH_SCRIPT, ["serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = ended(child);
  const address = await addressFrom(child);
  if (address === undefined) throw new Error(`ceph.sh serve ended with ${await exited}`);
  return {
    address,
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Builds what it runs in, where that is not there yet; says why when this machine cannot. */
function install(): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(CEPH_SCRIPT, ["install"], (error, _stdout, stderr) => {
      if (!error) return resolve(undefined);
      // A system without bash has no Ceph either.
      if (error.code === "ENOENT") return resolve(`${CEPH_SCRIPT} cannot be run here`);
      const said = stderr.trim();
      if (error.code === IMPOSSIBLE) return resolve(said.split("\n").at(-1));
      reject(new Error(`ceph.sh install failed:\n${said}`, { cause: error }));
    });
  });
}

async function addressFrom(child: ChildProcess): Promise<StoreAddress | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) {
    return addressIn(Object.fromEntries(
      [...line.matchAll(/(S3_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    ));
  }
  return undefined;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
}
