/**
 * Refusing options that can never work, before anything is looked up for them.
 *
 * @module
 */
import type { Named, S3BackendOptions } from "./options.ts";
import { refusedOption } from "./refusal.ts";
import {
  BUCKET,
  COUNTS,
  disagreementsIn,
  INCREMENTAL,
  KEYS,
  KMS_KEY,
  PROFILE,
  STORAGE_CLASS,
  textFault,
} from "./values.ts";

/** Endpoint, region and prefix are not among them: who names those is told with the error. */
const RULES = {
  bucket: BUCKET,
  profile: PROFILE,
  storageClass: STORAGE_CLASS,
  kmsKeyId: KMS_KEY,
} as const;

type Checked = Named<S3BackendOptions>;

/**
 * Checks what was given, each by itself and with each other.
 *
 * @param options What the user wants.
 * @throws ArchiveError `Invalid` for the first thing that is wrong.
 */
export function checkOptions(options: Checked): void {
  checkTexts(options);
  checkKeys(options);
  checkCounts(options);
  checkIncremental(options);
  checkAgreement(options);
}

/**
 * Checks whether what was given goes together.
 *
 * @param options What the user wants, with the endpoint in force where that is known.
 * @throws ArchiveError `Invalid` for the first thing that does not.
 */
export function checkAgreement(options: Checked): void {
  const [first] = disagreementsIn({ ...options });
  if (first === undefined) return;
  throw refusedOption(options.backend, first.path.join("."), first.fault);
}

function checkTexts(options: Checked): void {
  for (const name of namesOf(RULES)) {
    const value = options[name];
    // An empty profile is none, as in the environment.
    if (value === undefined || (name === "profile" && value === "")) continue;
    const fault = textFault(RULES[name], value);
    if (fault === undefined) continue;
    const what = `the ${name} ${JSON.stringify(value)}`;
    throw refusedOption(options.backend, what, `cannot be used: ${fault}`);
  }
}

/** What headers cannot carry would fail with each request, and might be quoted by whoever fails. */
function checkKeys({ backend, credentials }: Checked): void {
  for (const name of namesOf(KEYS)) {
    const value = credentials?.[name];
    const fault = value ? textFault(KEYS[name], value) : undefined;
    if (fault === undefined) continue;
    throw refusedOption(backend, `credentials.${name}`, `cannot be used: ${fault}`);
  }
}

function checkCounts({ backend, quirks = {} }: Checked): void {
  for (const name of namesOf(COUNTS)) {
    const [least, most] = COUNTS[name];
    const value = quirks[name];
    if (value === undefined) continue;
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    const fault = `cannot be used: give a whole number from ${least} to ${most}`;
    throw refusedOption(backend, `the quirk ${name} ${value}`, fault);
  }
}

function checkIncremental({ backend, incremental }: Checked): void {
  if (incremental === undefined || INCREMENTAL.includes(incremental)) return;
  const fault = `cannot be used: give one of ${INCREMENTAL.join(", ")}`;
  throw refusedOption(backend, `incremental ${JSON.stringify(incremental)}`, fault);
}

function namesOf<Name extends string>(map: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(map) as Name[];
}
