/**
 * Configurations of tests that archive into an S3 store.
 *
 * @module
 */
import type { StoreAddress } from "./ceph.ts";

/** What is configured beside where the store is and who asks. */
export interface S3Settings {
  readonly bucket: string;
  readonly prefix?: string;
  readonly provider?: string;
  /** In place of the secret key: another one, or a variable's name as in `${SECRET}`. */
  readonly secret?: string;
}

/**
 * A backend, as it stands below `backends:`.
 *
 * @param name Its name.
 * @param store The store.
 * @param settings What else.
 */
export function s3Backend(
  name: string,
  { endpoint, region, credentials }: StoreAddress,
  { secret = credentials.secretAccessKey, ...settings }: S3Settings,
): string {
  const lines = (values: object, indent: string) =>
    Object.entries(values).map(([key, value]) => `${indent}${key}: ${JSON.stringify(value)}`);
  return [
    `  ${name}:`,
    ...lines({ type: "s3", endpoint, region, ...settings }, "    "),
    "    credentials:",
    ...lines({ accessKeyId: credentials.accessKeyId, secretAccessKey: secret }, "      "),
  ].join("\n");
}

/**
 * A backend in Ceph, whose secret key the configuration takes from the variable `CEPH_SECRET`.
 *
 * @param name Its name.
 * @param ceph The store.
 * @param settings What else.
 */
export function cephBackend(
  name: string,
  ceph: StoreAddress,
  settings: Pick<S3Settings, "bucket" | "prefix">,
): string {
  return s3Backend(name, ceph, { ...settings, provider: "ceph", secret: "${CEPH_SECRET}" });
}
