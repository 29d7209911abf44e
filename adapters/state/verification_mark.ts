/**
 * Where a verification of all archives is, so that one that was stopped can be gone on with: a small
 * file in the state's folder, replaced atomically now and then, and removed at the end.
 *
 * @module
 */
import { readFile, rm } from "node:fs/promises";
import { ArchiveError } from "../../core/errors.ts";
import { isRecord, jsonIn } from "../../core/fields.ts";
import { VERIFY_STATUSES, type VerifyCounts } from "../../core/verify/verify_outcome.ts";
import { errorCode, fileError } from "./file_error.ts";
import { makePrivateFolder } from "./folder.ts";
import { verificationMarkPath } from "./layout.ts";
import { replaceFile } from "./replace_file.ts";

/** How closely all archives are looked at; see `VerifyOptions`. */
export interface VerificationScope {
  /** Whether the stores are believed. */
  readonly quick: boolean;
  /** The share that is read, from 0 to 1; all where it is left out and `quick` is not asked for. */
  readonly share?: number;
  /** The identities of the backends. */
  readonly backends: readonly string[];
}

/** How far one has come. */
export interface VerificationMark {
  /** Of the format: what reads only other versions reads none of it. */
  readonly version: 1;
  /** When it began, ISO 8601 in UTC. */
  readonly startedAt: string;
  /** What is looked at. */
  readonly scope: VerificationScope;
  /** Which archives the share is. */
  readonly seed: string;
  /** All keys up to this one are done with; none where it is left out. */
  readonly after?: string;
  /** Copies so far, by what was found. */
  readonly counts: Readonly<VerifyCounts>;
  /** Their sizes, in bytes. */
  readonly bytes: number;
  /** Keys up to `after` that look wrong and are still to be looked at again. */
  readonly doubts: readonly string[];
}

/**
 * Reads the mark.
 *
 * @param state The state's folder.
 * @returns Undefined when there is none.
 * @throws {ArchiveError} `NotSupported` when a later release wrote it, `Corrupt` when it cannot be
 * understood.
 */
export async function readMark(state: string): Promise<VerificationMark | undefined> {
  const path = verificationMarkPath(state);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw fileError(error, "cannot read", path);
  }
  const value = jsonIn(text);
  if (isMark(value)) return value;
  const isLater = isRecord(value) && typeof value.version === "number" && value.version > 1;
  throw isLater
    ? new ArchiveError("NotSupported", `${path} is of version ${value.version}, a later release's`)
    : new ArchiveError("Corrupt", `${path} cannot be understood: it is damaged`);
}

/**
 * Puts a mark in place of the one before.
 *
 * @param state The state's folder; made when it is missing.
 * @param mark How far it has come.
 */
export async function writeMark(state: string, mark: VerificationMark): Promise<void> {
  await makePrivateFolder(state);
  await replaceFile(verificationMarkPath(state), `${JSON.stringify(mark)}\n`);
}

/**
 * Removes the mark, if there is one.
 *
 * @param state The state's folder.
 */
export async function removeMark(state: string): Promise<void> {
  await rm(verificationMarkPath(state), { force: true });
}

function isMark(value: unknown): value is VerificationMark {
  return isRecord(value) && value.version === 1 && isText(value.startedAt) &&
    isScope(value.scope) && isText(value.seed) &&
    (value.after === undefined || isText(value.after)) && isNumber(value.bytes) &&
    areTexts(value.doubts) && areCounts(value.counts);
}

function isScope(value: unknown): boolean {
  return isRecord(value) && typeof value.quick === "boolean" && areTexts(value.backends) &&
    (value.share === undefined || isNumber(value.share));
}

function areCounts(value: unknown): boolean {
  return isRecord(value) && VERIFY_STATUSES.every((status) => isNumber(value[status]));
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
