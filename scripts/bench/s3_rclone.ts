/**
 * For the record: `run` of 300 sessions of 500 KB into a real Ceph, beside `rclone copy` of the same
 * documents that are on the disk already. Says so where this machine has no Ceph.
 *
 * @module
 */
import { Archiver, FileBackend, openCode, S3Backend } from "@session-archiver/archiver";
import { join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { startCeph, type StoreAddress } from "../../tests/e2e/ceph.ts";
import { rcloneCopy } from "../../tests/e2e/rclone.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median, milliseconds } from "./measure.ts";

const SESSIONS = 300;
const ROUNDS = 3;

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchS3Rclone(folder: string): Promise<Finding[]> {
  const ceph = await startCeph();
  if ("missing" in ceph) {
    console.log(`       no ratio to rclone: ${ceph.missing}`);
    return [];
  }
  try {
    const database = join(folder, "opencode.db");
    await writeOpenCodeDatabase(database, {
      sessions: [{ count: SESSIONS, bytesPerSession: 500_000, turns: 25 }],
    });
    const documents = join(folder, "documents");
    const agents = [openCode({ database })];
    await archiveAll(new Archiver({ agents, backends: [new FileBackend({ path: documents })] }));
    const bucket = await ceph.makeBucket();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await rcloneCopy(documents, `${bucket}/rclone${round}`, ceph));
      ours.push(await milliseconds(() => run(database, folder, ceph, bucket, `ours${round}`)));
    }
    const figures = { oursMs: median(ours), rcloneMs: median(theirs) };
    return [{
      promise: `for the record: run of ${SESSIONS} sessions to Ceph beside rclone copy`,
      measure: "ratio of medians",
      value: figures.oursMs / figures.rcloneMs,
      bound: { atLeast: 0 },
      figures,
    }];
  } finally {
    await ceph.stop();
  }
}

async function run(
  database: string,
  folder: string,
  { endpoint, region, credentials }: StoreAddress,
  bucket: string,
  prefix: string,
): Promise<void> {
  const place = {
    endpoint,
    region,
    credentials,
    bucket,
    prefix,
    provider: "ceph",
    env: {},
  } as const;
  const backend = await S3Backend.open(place);
  const ledger = await FileLedger.open(join(folder, `${prefix}.jsonl`));
  await archiveAll(new Archiver({ agents: [openCode({ database })], backends: [backend], ledger }));
  await backend.close();
  await ledger.close();
}

async function archiveAll(archiver: Archiver): Promise<void> {
  for await (const { copies } of archiver.archiveAll()) if (copies[0].error) throw copies[0].error;
}
