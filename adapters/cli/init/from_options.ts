/**
 * Answers from the command line, for scripts: nobody is asked anything then.
 *
 * @module
 */
import { s3ProviderOf } from "../../../backends/s3_providers.ts";
import { closest } from "../../../core/closest.ts";
import { UsageError } from "../exit.ts";
import type { Answers, BucketAnswer, Keys } from "./answers.ts";
import { globsOf } from "./questionnaire.ts";
import { isProvider, storeChoices } from "./stores.ts";

/** Options of `archive init` that answer its questions. */
export interface AnswerOptions {
  readonly type?: string;
  readonly path?: string;
  readonly bucket?: string;
  readonly endpoint?: string;
  readonly provider?: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly profile?: string;
  readonly accessKeyId?: string;
  readonly secretVariable?: string;
  readonly never?: readonly string[];
}

/** Which options belong to which type. */
export const OF_BUCKETS = [
  "bucket",
  "endpoint",
  "provider",
  "region",
  "prefix",
  "profile",
  "accessKeyId",
  "secretVariable",
] as const;

/** What to tell whoever has no terminal to be asked at. */
export const WITHOUT_QUESTIONS = "there is no terminal to ask questions at; give the answers: " +
  "--type file --path FOLDER, or --type s3 --bucket NAME with --endpoint, --region, --prefix, " +
  "--profile, or --access-key-id with --secret-variable";

/**
 * The answers that were given as options.
 *
 * @param options Those of the command line.
 * @param name What the backend will be called.
 * @throws {UsageError} When they lack something or contradict each other.
 */
export function answersOf(options: AnswerOptions, name: string): Answers {
  const never = (options.never ?? []).flatMap(globsOf);
  if (options.type === "file") {
    const stray = OF_BUCKETS.find((key) => options[key] !== undefined);
    if (stray !== undefined) throw new UsageError(`${flag(stray)} goes with --type s3 only`);
    if (!options.path) throw new UsageError("--type file needs --path, the folder of the archives");
    return { name, never, storage: { type: "file", path: options.path } };
  }
  if (options.type !== "s3") {
    throw new UsageError(`--type is ${JSON.stringify(options.type)}; give s3 or file`);
  }
  if (options.path !== undefined) throw new UsageError("--path goes with --type file only");
  return { name, never, storage: bucketOf(options) };
}

function bucketOf(options: AnswerOptions): BucketAnswer {
  const { bucket, endpoint, region, prefix } = options;
  if (!bucket) throw new UsageError("--type s3 needs --bucket, the name of one that exists");
  return {
    type: "s3",
    provider: providerOf(options),
    bucket,
    keys: keysOf(options),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(prefix && { prefix }),
  };
}

function providerOf({ provider, endpoint }: AnswerOptions) {
  if (provider === undefined) {
    const host = endpoint && URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
    return s3ProviderOf(host).name;
  }
  if (isProvider(provider)) return provider;
  const names = ["aws", ...storeChoices().map(({ value }) => value)];
  const meant = closest(provider, names);
  throw new UsageError(
    `--provider is ${JSON.stringify(provider)}; give one of ${names.join(", ")}` +
      (meant ? ` (did you mean ${meant}?)` : ""),
  );
}

function keysOf({ profile, accessKeyId, secretVariable }: AnswerOptions): Keys {
  if ((accessKeyId === undefined) !== (secretVariable === undefined)) {
    throw new UsageError(
      "--access-key-id and --secret-variable, the name of the environment variable that holds " +
        "the secret, go together",
    );
  }
  if (accessKeyId === undefined || secretVariable === undefined) {
    return profile ? { from: "profile", profile } : { from: "chain" };
  }
  if (profile !== undefined) throw new UsageError("give --profile or --access-key-id, not both");
  if (!/^[A-Za-z_]\w*$/.test(secretVariable)) {
    // Whoever gives the secret itself must not read it in an error.
    throw new UsageError(
      "--secret-variable must be the name of an environment variable, not a secret",
    );
  }
  return { from: "variables", accessKeyId, secretAccessKey: `\${${secretVariable}}` };
}

function flag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`)}`;
}
