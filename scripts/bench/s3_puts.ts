/**
 * What archiving to S3 is compared with: the same documents, put by the SDK and nothing else.
 *
 * @module
 */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Archiver, MemoryBackend, openCode } from "@session-archiver/archiver";
import { inParallel } from "../../core/parallel.ts";
import type { S3Server } from "./s3_server.ts";

/** Documents as they are archived, by key. */
export type Documents = ReadonlyMap<string, Uint8Array>;

/**
 * The documents of all sessions.
 *
 * @param database The path of OpenCode's database.
 */
export async function documentsOf(database: string): Promise<Documents> {
  const backend = new MemoryBackend();
  const archiver = new Archiver({ agents: [openCode({ database })], backends: [backend] });
  for await (const { copies } of archiver.archiveAll()) if (copies[0].error) throw copies[0].error;
  const documents = new Map<string, Uint8Array>();
  for await (const { objects } of backend.list()) {
    for (const { key } of objects) {
      const { body } = await backend.get(key);
      documents.set(
        key,
        await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
      );
    }
  }
  return documents;
}

/** The bucket of every {@linkcode S3Server}. */
const BUCKET = "archives";

/**
 * A place in a server's bucket, as a backend is told of it.
 *
 * @param server Which.
 * @param prefix What all keys in it begin with.
 */
export function placeOf({ place: { endpoint, region, credentials } }: S3Server, prefix: string) {
  // What it can do, its address does not tell.
  const quirks = { createOnly: true, ifMatch: true };
  // The SDK writes into the credentials that it is given.
  return { endpoint, region, credentials: { ...credentials }, bucket: BUCKET, prefix, quirks };
}

/**
 * Puts documents.
 *
 * @param server Where.
 * @param documents What.
 * @param prefix What their keys begin with.
 * @param atOnce How many at once.
 */
export async function putAll(
  server: S3Server,
  documents: Documents,
  prefix: string,
  atOnce: number,
): Promise<void> {
  const { endpoint, region, credentials } = placeOf(server, prefix);
  const client = new S3Client({
    ...{ endpoint, region, credentials },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  await inParallel([...documents], atOnce, async ([key, Body]) => {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}/${key}`, Body }));
  });
  client.destroy();
}
