/**
 * `rclone`, which people copy their sessions with today: Debian's, which `scripts/ceph.sh` brings
 * along. `RCLONE` names another one.
 *
 * @module
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { CEPH_SCRIPT, type StoreAddress } from "./ceph.ts";

/**
 * Copies a folder's files into a bucket, as `rclone copy` does with nothing set but the store.
 *
 * @param folder The folder on this machine.
 * @param bucket The bucket, or `bucket/prefix`.
 * @param store Where the bucket is.
 * @param flags More flags, as in `--transfers=8`.
 * @returns How long the process ran, in milliseconds.
 */
export async function rcloneCopy(
  folder: string,
  bucket: string,
  { endpoint, region, credentials }: StoreAddress,
  flags: readonly string[] = [],
): Promise<number> {
  const [command, ...before] = process.env.RCLONE ? [process.env.RCLONE] : [CEPH_SCRIPT, "rclone"];
  const env = {
    PATH: process.env.PATH ?? "",
    RCLONE_CONFIG_STORE_TYPE: "s3",
    RCLONE_CONFIG_STORE_PROVIDER: "Ceph",
    RCLONE_CONFIG_STORE_ENDPOINT: endpoint,
    RCLONE_CONFIG_STORE_REGION: region,
    RCLONE_CONFIG_STORE_ACCESS_KEY_ID: credentials.accessKeyId,
    RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const args = [...before, "--config=", "copy", folder, `store:${bucket}`, ...flags];
  const start = performance.now();
  await promisify(execFile)(command, args, { env, maxBuffer: 1 << 26 });
  return performance.now() - start;
}
