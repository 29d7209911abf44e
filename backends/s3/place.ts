/**
 * Where an S3 backend stores: which endpoint, region and profile are in force, and who said so.
 *
 * This is decided here and not by the SDK, whose `profile` option passes over `endpoint_url` and
 * `services` of that profile, and which takes those of `AWS_PROFILE` or `[default]` instead: the
 * sessions would go to another host. In order, the first one that says something wins:
 *
 * - Endpoint: the option; `AWS_ENDPOINT_URL_S3`; `AWS_ENDPOINT_URL`; `endpoint_url` below `s3` in the
 *   `services` section of the profile; the profile's `endpoint_url`; AWS itself. With
 *   `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` or `ignore_configured_endpoint_urls`, only the option
 *   counts. An endpoint that is written where no AWS tool looks is an error, and so is a services
 *   section that does not exist.
 * - Region: the option; `AWS_REGION`, even when the option names a profile; the profile's `region`,
 *   that of the credentials file first. All this is what the SDK does; it knows no
 *   `AWS_DEFAULT_REGION`. With nobody naming one,
 *   `settings.ts` takes the one in the endpoint's host name, else the provider's default; the SDK,
 *   which would ask the machine that it runs on (EC2), is never left to.
 * - Profile: the option; `AWS_PROFILE`; `default`, when there is one.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import type { Named, S3BackendOptions } from "./options.ts";
import { refusedOption } from "./refusal.ts";
import {
  type Environment,
  noSuchProfile,
  type Profile,
  readSharedConfig,
  type Setting,
  settingOf,
  type SharedConfig,
} from "./shared_config.ts";
import { unusedEndpoint } from "./unused_endpoint.ts";
import { endpointFault, REGION, textFault } from "./values.ts";

/** What the user and the environment say about the place. */
export type S3PlaceOptions =
  & Named<Pick<S3BackendOptions, "endpoint" | "region" | "profile" | "credentials">>
  & {
    /** The environment. */
    readonly env: Environment;
  };

/** Where it stores. */
export interface S3Place {
  /** The store's address; undefined for AWS itself. */
  readonly endpoint?: string;
  /** The region; undefined when nobody names one. */
  readonly region: string | undefined;
  /** The profile in force: the option, else `AWS_PROFILE`, else `default` when there is one. */
  readonly profile?: string;
  /** Who said so, in words: `the configuration`, `AWS_ENDPOINT_URL`, `profile "x" in ~/.aws/config`. */
  readonly from: { readonly endpoint: string; readonly region: string };
}

/** The profile in force and all that it may refer to. */
interface InForce {
  readonly name: string | undefined;
  readonly profile: Profile | undefined;
  readonly shared: SharedConfig;
}

interface Found {
  readonly value?: string;
  readonly from: string;
}

const OPTION = "the configuration";

/**
 * Finds the place. The shared files are read each time, and only when something is left to them.
 *
 * @param options What is known.
 * @throws ArchiveError `Invalid` for a profile or services section that does not exist, an endpoint
 * or region that cannot be one, and files with errors; `Unauthorized` for files that this user may
 * not read.
 */
export async function resolveS3Place(options: S3PlaceOptions): Promise<S3Place> {
  const { endpoint, region, profile, credentials, env, backend } = options;
  if (endpoint && region && credentials && !profile) {
    return {
      endpoint: checkEndpoint({ value: endpoint, from: OPTION }, backend),
      region: checkRegion({ value: region, from: OPTION }, backend),
      from: { endpoint: OPTION, region: OPTION },
    };
  }
  const inForce = profileInForce(options, await readSharedConfig(env, backend));
  const foundEndpoint = findEndpoint(options, inForce);
  const foundRegion = findRegion(options, inForce);
  return {
    endpoint: checkEndpoint(foundEndpoint, backend),
    region: checkRegion(foundRegion, backend),
    profile: inForce.name,
    from: { endpoint: foundEndpoint.from, region: foundRegion.from },
  };
}

/** The profile that the option or the environment names. */
export function namedProfile(options: S3PlaceOptions): string | undefined {
  return options.profile || options.env.AWS_PROFILE || undefined;
}

function profileInForce(options: S3PlaceOptions, shared: SharedConfig): InForce {
  const { backend, credentials, endpoint } = options;
  const name = namedProfile(options) ?? "default";
  const profile = shared.profiles.get(name);
  if (profile !== undefined) return { name, profile, shared };
  if (options.profile) throw noSuchProfile(name, 'the option "profile"', shared, backend);
  // With address and keys at hand, what another tool is told does not matter.
  const matters = name !== "default" && !(endpoint && credentials);
  if (matters) throw noSuchProfile(name, "AWS_PROFILE in the environment", shared, backend);
  return { name: undefined, profile: undefined, shared };
}

function findEndpoint(options: S3PlaceOptions, inForce: InForce): Found {
  const { endpoint, env, backend } = options;
  if (endpoint) return { value: endpoint, from: OPTION };
  const ignored = endpointsIgnored(env, inForce, backend);
  if (ignored !== undefined) return { from: `AWS itself, by ${ignored}` };
  for (const name of ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
    if (env[name]) return { value: env[name], from: name };
  }
  const found = endpointOfServices(inForce, backend) ?? endpointOfProfile(inForce);
  if (found !== undefined) return found;
  const unused = unusedEndpoint(inForce.name ?? "default", inForce.shared);
  if (unused !== undefined) throw misplaced(unused.where, unused.advice, backend);
  return { from: "AWS itself, as nobody names another" };
}

/** Who says that endpoints of environment and profile do not count, if anybody does. */
function endpointsIgnored(
  env: Environment,
  { name, profile, shared }: InForce,
  backend: string,
): string | undefined {
  const variable = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
  const setting = settingOf(profile, "ignore_configured_endpoint_urls", "config");
  const [value, from] = env[variable]
    ? [env[variable], variable]
    : [setting?.value, `ignore_configured_endpoint_urls of ${ofProfile(name, setting, shared)}`];
  if (value === undefined || value.toLowerCase() === "false") return undefined;
  if (value.toLowerCase() === "true") return from;
  const message = `${from} is ${JSON.stringify(value)} for the backend ` +
    `${JSON.stringify(backend)}; it must be true or false`;
  throw new ArchiveError("Invalid", message, { backend });
}

function endpointOfServices(
  { name, profile, shared }: InForce,
  backend: string,
): Found | undefined {
  const named = settingOf(profile, "services", "config");
  if (named === undefined) return undefined;
  const who = ofProfile(name, named, shared);
  const services = shared.services.get(named.value);
  if (services === undefined) {
    const names = [...shared.services.keys()];
    const message = `${who} names the services section ${JSON.stringify(named.value)}, which is ` +
      `not in ${shared.shown.config}, so that the endpoint of the backend ` +
      `${JSON.stringify(backend)} is not known; ` +
      (names.length > 0 ? `there are: ${names.join(", ")}` : "there is none in it");
    throw new ArchiveError("Invalid", message, { backend });
  }
  const from = `services section ${JSON.stringify(named.value)} of ${who}`;
  const value = services.get("s3.endpoint_url");
  if (value) return { value, from };
  if (services.get("endpoint_url")) {
    throw misplaced(from, 'it must be indented, below a line "s3 ="', backend);
  }
}

function endpointOfProfile({ name, profile, shared }: InForce): Found | undefined {
  const setting = settingOf(profile, "endpoint_url", "config");
  return setting && { value: setting.value, from: ofProfile(name, setting, shared) };
}

function misplaced(where: string, advice: string, backend: string): ArchiveError {
  const message = `${where} names an endpoint that AWS tools pass over, so that the backend ` +
    `${JSON.stringify(backend)} would store at AWS itself: ${advice}`;
  return new ArchiveError("Invalid", message, { backend });
}

function findRegion(options: S3PlaceOptions, { name, profile, shared }: InForce): Found {
  if (options.region) return { value: options.region, from: OPTION };
  if (options.env.AWS_REGION) return { value: options.env.AWS_REGION, from: "AWS_REGION" };
  const setting = settingOf(profile, "region", "credentials");
  if (setting === undefined) return { from: "nobody" };
  return { value: setting.value, from: ofProfile(name, setting, shared) };
}

/** The address without white space around it. */
function checkEndpoint({ value, from }: Found, backend: string): string | undefined {
  const text = value?.trim();
  const fault = text === undefined ? undefined : endpointFault(text);
  if (fault === undefined) return text;
  // A password, or a signature in a query, must not get into logs.
  const shown = /[@?#]/.test(text ?? "") ? "" : ` ${JSON.stringify(text)}`;
  throw refusedOption(backend, `the endpoint${shown}`, `cannot be used: ${fault}`, from);
}

function checkRegion({ value, from }: Found, backend: string): string | undefined {
  const fault = value === undefined ? undefined : textFault(REGION, value);
  if (fault === undefined) return value;
  const what = `the region ${JSON.stringify(value)}`;
  throw refusedOption(backend, what, `cannot be used: ${fault}`, from);
}

function ofProfile(
  name: string | undefined,
  setting: Setting | undefined,
  shared: SharedConfig,
): string {
  return `profile ${JSON.stringify(name)} in ${shared.shown[setting?.file ?? "config"]}`;
}
