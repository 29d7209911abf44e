/**
 * A configuration that is not written yet: checked, tried like the doctor does, then put in place.
 *
 * @module
 */
import { hostname } from "node:os";
import { dirname } from "node:path";
import { advisedQuirks } from "../../../backends/s3/quirk_advice.ts";
import { ArchiveError, isArchiveError } from "../../../core/errors.ts";
import { isConfigError } from "../../config/complaints/config_error.ts";
import type { Config } from "../../config/config.ts";
import { configFile } from "../../config/locate.ts";
import { parseConfig } from "../../config/parse.ts";
import { makePrivateFolder } from "../../state/folder.ts";
import { isThere } from "../../state/is_there.ts";
import type { Call } from "../call.ts";
import { examineBackends, type ExaminedBackend } from "../doctor/backend_section.ts";
import { verdictOf } from "../doctor/diagnosis.ts";
import { ConfigurationError } from "../exit.ts";
import { writeNewFile } from "../new_file.ts";
import type { Answers } from "./answers.ts";
import { configYaml } from "./yaml.ts";

/** A configuration and how it fared. */
export interface Draft {
  /** The file's text. */
  readonly text: string;
  /** The backend, tried; none when it did not come to that. */
  readonly backend?: ExaminedBackend;
  /** What is wrong with the text itself: a variable that is not set, most often. */
  readonly fault?: ConfigurationError;
}

/**
 * Where the file will be.
 *
 * @param call Who asks.
 * @param path The file that the user named.
 * @throws {ArchiveError} `AlreadyExists` when there is one.
 */
export async function freePlace(
  { terminal: { env, platform, cwd }, command }: Call,
  path: string | undefined,
): Promise<string> {
  const place = configError(() => configFile({ env, platform, cwd, path }).path);
  if (await isThere(place)) throw exists(place, command("doctor"));
  return place;
}

/**
 * Checks and tries what was answered. What the trial advises to write down of the store stands in the
 * text, and was tried too.
 *
 * @param call Who asks.
 * @param answers What was answered.
 * @param path Where the file will be; relative paths count from its folder.
 * @param isTried Whether the backend is tried.
 */
export async function draftOf(
  call: Call,
  answers: Answers,
  path: string,
  isTried: boolean,
): Promise<Draft> {
  const draft = await triedOnce(call, answers, path, isTried);
  const quirks = advisedQuirks(draft.backend?.findings ?? []);
  const { storage } = answers;
  if (storage.type !== "s3" || Object.keys(quirks).length === 0) return draft;
  const known = { ...answers, storage: { ...storage, quirks } };
  const again = await triedOnce(call, known, path, isTried);
  return problemsOf(again) > problemsOf(draft) ? draft : again;
}

/**
 * How much of it does not work.
 *
 * @param draft What was checked and tried.
 */
export function problemsOf({ backend, fault }: Draft): number {
  return (fault === undefined ? 0 : 1) + (backend ? verdictOf([backend]).problems : 0);
}

async function triedOnce(
  { terminal: { env, platform }, timeoutMs, signal, command }: Call,
  answers: Answers,
  path: string,
  isTried: boolean,
): Promise<Draft> {
  const text = configYaml(answers, command("doctor"));
  let config: Config;
  try {
    const where = { path, mode: 0o600, env, platform, hostname };
    config = configError(() => parseConfig(text, where));
  } catch (fault) {
    if (fault instanceof ConfigurationError) return { text, fault };
    throw fault;
  }
  if (!isTried) return { text };
  const [backend] = await examineBackends(config, undefined, { env, timeoutMs, signal });
  return { text, backend: await backend };
}

/**
 * Puts the file in place, whole, for this user only (0600; its folder 0700 where it is new).
 *
 * @param call Who asks.
 * @param path Where.
 * @param text What.
 * @throws {ArchiveError} `AlreadyExists` when one has come meanwhile.
 */
export async function writeConfig(
  { command }: Call,
  path: string,
  text: string,
): Promise<void> {
  await makePrivateFolder(dirname(path));
  try {
    await writeNewFile(path, bytesOf(text), { replace: false });
  } catch (error) {
    throw isArchiveError(error, "AlreadyExists") ? exists(path, command("doctor")) : error;
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function exists(path: string, doctor: string): ArchiveError {
  const message = `${path} exists and is left alone; change it by hand and run "${doctor}", ` +
    "or name another file with --config";
  return new ArchiveError("AlreadyExists", message);
}

function configError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isConfigError(error) ? new ConfigurationError(error) : error;
  }
}
