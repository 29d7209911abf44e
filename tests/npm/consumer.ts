/**
 * A program of somebody who installed the package: archives a session into a file backend or a
 * bucket, finds it, reads it and deletes it. Compiled and run where the package is installed.
 *
 * Takes a {@linkcode Place} as JSON and prints what it saw.
 *
 * @module
 */
import {
  Archiver,
  type Backend,
  FileBackend,
  type FileBackendOptions,
  MemoryAgent,
  S3Backend,
  type S3BackendOptions,
} from "@session-archiver/archiver";
import process from "node:process";

/** Where to archive. */
export type Place = { readonly file: FileBackendOptions } | { readonly s3: S3BackendOptions };

/** What it saw. */
export interface Seen {
  /** How archiving ended, twice in a row. */
  readonly statuses: readonly string[];
  /** The keys that were listed. */
  readonly listed: readonly string[];
  /** The document that was read. */
  readonly document: string;
  /** The keys that were listed when all was deleted. */
  readonly left: readonly string[];
}

async function use(backend: Backend): Promise<Seen> {
  const agent = new MemoryAgent();
  agent.set({
    id: "one",
    projectPath: "/home/me/project",
    createdAt: "2026-01-31T12:00:00.000Z",
    title: "A first try",
    messages: [{ id: "m1", role: "user", text: "hello" }],
  });
  const archiver = new Archiver({ agents: [agent], backends: [backend] });
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of archiver.list({ project: ["/home/me/project"] })) found.push(key);
    return found;
  };
  const statuses: string[] = [];
  for (let time = 0; time < 2; time++) {
    for await (const { copies } of archiver.archiveAll()) {
      statuses.push(...copies.map(({ status }) => status));
    }
  }
  const listed = await keys();
  let document = "";
  for (const key of listed) {
    const text = new TextDecoder();
    for await (const bytes of (await archiver.retrieve(key)).bytes()) {
      document += text.decode(bytes, { stream: true });
    }
    await archiver.delete(key);
  }
  const left = await keys();
  await archiver.close();
  return { statuses, listed, document, left };
}

const place: Place = JSON.parse(process.argv[2] ?? "");
const seen = await use(
  "s3" in place ? await S3Backend.open(place.s3) : new FileBackend(place.file),
);
console.log(JSON.stringify(seen));
