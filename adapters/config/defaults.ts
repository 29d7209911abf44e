/**
 * What holds where a configuration says nothing, or is not there.
 *
 * @module
 */
import type { ArchiveConfig } from "./config.ts";

/** When and how sessions are archived. */
export const ARCHIVE_DEFAULTS: ArchiveConfig = {
  auto: true,
  history: false,
  minIntervalMs: 10_000,
  waitOnExitMs: 4_000,
  compress: "none",
};
