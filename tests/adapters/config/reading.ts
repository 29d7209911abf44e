/**
 * What the tests of the configuration share: folders that vanish, and short ways to read a text.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../../adapters/config/config.ts";
import {
  type ConfigError,
  isConfigError,
} from "../../../adapters/config/complaints/config_error.ts";
import { parseConfig, type TextSurroundings } from "../../../adapters/config/parse.ts";

/** The file that texts are said to come from. */
export const FILE = "/home/me/.config/opencode/opencode-session-archiver.yaml";

/** Reads a text, on Linux and in the home `/home/me` unless told otherwise. */
export function read(text: string, where: Partial<TextSurroundings> = {}): Config {
  const env = { HOME: "/home/me", USERPROFILE: "C:\\Users\\me" };
  return parseConfig(text, { path: FILE, platform: "linux", env, hostname: () => "box", ...where });
}

/** The error that a text is refused with. */
export function refusal(text: string, where: Partial<TextSurroundings> = {}): ConfigError {
  try {
    read(text, where);
  } catch (error) {
    if (isConfigError(error)) return error;
    throw error;
  }
  assert.fail(`nothing is wrong with ${text}`);
}

/** All complaints about a text, as `place: message`. */
export function complaints(text: string, where: Partial<TextSurroundings> = {}): string[] {
  return refusal(text, where).complaints.map(({ at, message }) => `${at}: ${message}`);
}

/** A configuration with one backend, and some lines more. */
export function withDisk(lines: string): string {
  return `backends: {disk: {type: file, path: /archives}}\n${lines}`;
}

/** A configuration of one S3 backend, `s`, with some keys more than its bucket. */
export function withS3(keys: string): string {
  return `backends: {s: {type: s3, bucket: my-bucket, ${keys}}}\n`;
}

/** Runs something with a folder of its own. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "session-archiver-config-")));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
