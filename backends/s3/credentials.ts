/**
 * Where an S3 backend's credentials come from: those of its options, or whatever the SDK finds for
 * the profile in force, SSO, roles and programs included.
 *
 * A named profile comes before keys in the environment, as the SDK has it; keys in the environment
 * come before the profile `default`.
 *
 * @module
 */
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { ArchiveError } from "../../core/errors.ts";
import { within } from "../support/within.ts";
import { type CredentialsContext, credentialsFailure } from "./credentials_failure.ts";
import { namedProfile, type S3Place, type S3PlaceOptions } from "./place.ts";
import { quietly } from "./quiet_sdk.ts";
import { readSharedConfig } from "./shared_config.ts";
import { signInOf } from "./sign_in.ts";

/** What goes into the options of the SDK's client. */
export type S3SignIn = Required<Pick<S3ClientConfig, "credentials">> & {
  /** The profile whose other settings the SDK shall read. */
  readonly profile?: string;
  /**
   * Always set: without an `endpoint`, the SDK would look for one itself, in the environment and,
   * whatever profile it is told, in the one that `AWS_PROFILE` names or in `default`.
   */
  readonly ignoreConfiguredEndpointUrls: true;
};

/** The client on whose behalf the SDK asks for credentials. */
type Caller = Pick<S3ClientConfig, "logger" | "region" | "requestHandler">;

/** Credentials as the SDK has them. */
type Identity = Exclude<
  NonNullable<S3ClientConfig["credentials"]>,
  (...args: never[]) => unknown
>;

/** The same, with where it found them. */
type Found = Identity & { readonly $source?: Readonly<Record<string, string>> };

/**
 * How long a program or a service may take to give credentials, in milliseconds. Somebody may have
 * to touch a key for it.
 */
const LIMIT_MS = 120_000;

/**
 * For how long keys that stand in a file, and do not say when they end, are taken as good, in
 * milliseconds. The SDK asks anew five minutes before they end, so that keys that another tool
 * renewed in the file are found without a restart.
 */
const KEYS_IN_FILE_LIVE = 10 * 60_000;

/**
 * How the backend's client signs in.
 *
 * What is returned goes into the options of `S3Client`, whole. Errors of the search come out of
 * the client's calls as `ArchiveError`: `Unauthorized` with what to do, `Transient` or `Throttled`
 * when the service that hands out credentials could not be reached, `Timeout` when it, or a
 * program, did not answer.
 *
 * @param options What the user and the environment say; `env` must be that of the process.
 * @param place What {@linkcode resolveS3Place} made of it.
 * @param limitMs How long the search may take, in milliseconds.
 * @throws ArchiveError `Invalid` for credentials that lack one of the pair.
 */
export function credentialProvider(
  options: S3PlaceOptions,
  place: S3Place,
  limitMs: number = LIMIT_MS,
): Promise<S3SignIn> {
  const named = namedProfile(options) === place.profile ? place.profile : undefined;
  const shared = { profile: named, ignoreConfiguredEndpointUrls: true } as const;
  if (options.credentials !== undefined) {
    return Promise.resolve({ ...shared, credentials: givenKeys(options) });
  }
  let chain: (() => Promise<Found>) | undefined;
  const credentials = async (asked?: { callerClientConfig?: Caller }) => {
    const context = await contextOf(options, place);
    // The SDK leaves a rejection of such a role unhandled, which ends the process.
    if (context.signIn.kind === "bad role") throw credentialsFailure(undefined, context);
    try {
      chain ??= await searchOfSdk(named, asked?.callerClientConfig);
      const found = await within(limitMs, chain(), () => lateCredentials(limitMs, options.backend));
      if (!isKeysInFile(found)) return found;
      chain = undefined;
      return { ...found, expiration: new Date(Date.now() + KEYS_IN_FILE_LIVE) };
    } catch (error) {
      throw credentialsFailure(error, context);
    }
  };
  return Promise.resolve({ ...shared, credentials });
}

function givenKeys({ credentials, backend }: S3PlaceOptions): Identity {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  const missing = accessKeyId ? "secretAccessKey" : "accessKeyId";
  const message = `the credentials of the backend ${JSON.stringify(backend)} lack their ` +
    `${missing}; give both keys, or leave credentials out and let a profile give them`;
  throw new ArchiveError("Invalid", message, { backend });
}

/**
 * The SDK's own search. It is had from a client of its own, which never sends anything: so the
 * search is the very one that a client without `credentials` would do, and its errors can be told
 * from those of the store.
 */
async function searchOfSdk(
  profile: string | undefined,
  caller: Caller | undefined,
): Promise<() => Promise<Found>> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  const { logger, region, requestHandler } = caller ?? {};
  // Passed on to the search: read the files anew, and let SSO have the caller's time limits too.
  const forSearch = { ignoreCache: true, clientConfig: { requestHandler } };
  const config = { profile, logger, region, requestHandler, ...forSearch };
  const client = quietly(() => new S3Client(config));
  return () => client.config.credentials();
}

function isKeysInFile({ expiration, $source }: Found): boolean {
  return expiration === undefined && $source !== undefined && "CREDENTIALS_PROFILE" in $source;
}

function lateCredentials(limitMs: number, backend: string): ArchiveError {
  const message = `what gives the backend ${JSON.stringify(backend)} its credentials did not ` +
    `answer within ${limitMs / 1000} s; check the profile's credential_process or SSO`;
  return new ArchiveError("Timeout", message, { backend });
}

async function contextOf(options: S3PlaceOptions, place: S3Place): Promise<CredentialsContext> {
  const { backend, env } = options;
  const shared = await readSharedConfig(env, backend);
  return { backend, shared, signIn: signInOf(place.profile, shared, env) };
}
