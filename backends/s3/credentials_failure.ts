/**
 * What it means that no credentials were to be had, in words that say what to do.
 *
 * The SDK's own messages are not passed on, nor its errors as causes: that of a failing
 * `credential_process` is the command with all that it printed, and that of a damaged token file
 * quotes it. What the profile asks for says more anyway, since the SDK reports the failure of the
 * last place where it looked, not of the one that was meant.
 *
 * @module
 */
import { ArchiveError, type ErrorCode } from "../../core/errors.ts";
import type { SharedConfig } from "./shared_config.ts";
import type { SignIn, SignInKind } from "./sign_in.ts";

/** Whose credentials were sought, and where. */
export interface CredentialsContext {
  /** The backend's name. */
  readonly backend: string;
  /** How its profile signs in. */
  readonly signIn: SignIn;
  /** The shared files. */
  readonly shared: SharedConfig;
}

/** Ways in which a service is asked, over the network. */
const SERVICES: ReadonlySet<SignInKind> = new Set(["sso", "login", "web identity", "container"]);
/** The names for which the SDK finds `[profile x]`. */
const SDK_READS_NAME = /^[\w@+.%:/-]+$/;

type Meaning = readonly [code: ErrorCode, what: string];

const NETWORK =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)\b|ENETUNREACH|EPIPE|TimeoutError|socket hang up|fetch failed/;
const THROTTLED = /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded/i;
const EXPIRED = /Expired|UnauthorizedException/;
/** Who asked for what, as AWS words it; it holds no secret. */
const DENIED_TO = /User: \S+ is not authorized to perform: \S+ on resource: \S+/;

/**
 * The error that a failed search for credentials becomes.
 *
 * @param error What the search threw; an `ArchiveError` stays as it is.
 * @param context Whose search.
 * @returns `Unauthorized` with what to do; `Transient` or `Throttled` when the service that hands
 * out credentials could not be reached or is busy.
 */
export function credentialsFailure(error: unknown, context: CredentialsContext): ArchiveError {
  if (error instanceof ArchiveError) return error;
  const { backend } = context;
  const [code, what] = meaningOf(error, context);
  const message = `no credentials for the backend ${JSON.stringify(backend)}: ${what}`;
  return new ArchiveError(code, message, { backend, cause: new Error(essence(error)) });
}

function meaningOf(error: unknown, context: CredentialsContext): Meaning {
  const { kind, profile, role, lack } = context.signIn;
  if (lack !== undefined) return ["Unauthorized", `${lack}${correct(context)}`];
  const said = `${essence(error)} ${error instanceof Error ? error.message : ""}`;
  const atRole = role !== undefined && !isProviderError(error);
  if (atRole || SERVICES.has(kind)) {
    const passing = passingFault(error, said);
    if (passing !== undefined) return passing;
  }
  if (atRole) return ["Unauthorized", roleAdvice(error, said, context)];
  if (!SDK_READS_NAME.test(profile)) return ["Unauthorized", renameAdvice(context)];
  switch (kind) {
    case "sso":
      return ["Unauthorized", ssoAdvice(said, context)];
    case "login":
      return ["Unauthorized", loginAdvice(profile)];
    case "process":
      return ["Unauthorized", processAdvice(profile)];
    case "keys":
      return ["Unauthorized", spellingAdvice(context)];
    default:
      return ["Unauthorized", noneAdvice(context)];
  }
}

/** What may be different in a while, of the services that hand out credentials. */
function passingFault(error: unknown, said: string): Meaning | undefined {
  const who = "the service that hands them out (STS or SSO)";
  if (NETWORK.test(said)) {
    return ["Transient", `${who} cannot be reached; check the network, then try again`];
  }
  if (THROTTLED.test(said)) return ["Throttled", `${who} asks to slow down; try again later`];
  if (error instanceof Error && (statusOf(error) ?? 0) >= 500) {
    return ["Transient", `${who} has a fault (${essence(error)}); try again later`];
  }
}

function correct({ shared }: CredentialsContext): string {
  return `; correct it (${shared.shown.config}, ${shared.shown.credentials}, or the environment)`;
}

function ssoAdvice(said: string, { signIn, shared }: CredentialsContext): string {
  const name = JSON.stringify(signIn.profile);
  if (/ForbiddenException|No access/.test(said)) {
    return `the SSO login of the profile ${name} may not use its sso_role_name in its ` +
      "sso_account_id; correct these two, or have the role assigned";
  }
  if (/invalid SSO credentials|missing required property|could not be found/.test(said)) {
    return `the SSO settings of the profile ${name} in ${shared.shown.config} are incomplete: it ` +
      "needs sso_session (or sso_start_url and sso_region), sso_account_id and sso_role_name, and " +
      "the [sso-session] needs sso_start_url and sso_region; run: aws configure sso";
  }
  return `the SSO login of the profile ${name} has expired or is missing; run: ` +
    `aws sso login --profile ${shellWord(signIn.profile)}`;
}

/** Why it failed is not known: the SDK looks elsewhere then, and reports that failure. */
function processAdvice(profile: string): string {
  return `the credential_process of the profile ${JSON.stringify(profile)} failed, or printed no ` +
    "usable credentials; see what it says with: aws configure export-credentials --profile " +
    shellWord(profile);
}

function loginAdvice(profile: string): string {
  return `the login of the profile ${JSON.stringify(profile)} has expired or is missing; run: ` +
    `aws login --profile ${shellWord(profile)}`;
}

function roleAdvice(error: unknown, said: string, { signIn }: CredentialsContext): string {
  const { kind, profile, role } = signIn;
  const code = systemCode(error);
  if (kind === "web identity" && code !== undefined) {
    return `the web identity token file for the role ${role} cannot be read (${code}); correct ` +
      "AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file";
  }
  const reason = DENIED_TO.exec(said)?.[0] ?? essence(error);
  if (EXPIRED.test(said)) {
    return `what the role ${role} is assumed with, from the profile ${JSON.stringify(profile)}, ` +
      `has expired (${reason}); renew it`;
  }
  return `the role ${role} could not be assumed from the profile ${JSON.stringify(profile)} ` +
    `(${reason}); allow sts:AssumeRole to that identity, and let the role's trust policy name it`;
}

function renameAdvice({ signIn, shared }: CredentialsContext): string {
  return `the AWS SDK reads no profile with a name such as ${JSON.stringify(signIn.profile)}; ` +
    `rename it in ${shared.shown.config} and ${shared.shown.credentials} to one without spaces`;
}

function spellingAdvice({ signIn, shared }: CredentialsContext): string {
  const { profile } = signIn;
  return `the AWS SDK does not find the keys of the profile ${JSON.stringify(profile)}; write ` +
    `[profile ${profile}] in ${shared.shown.config}, or [${profile}] in ` +
    `${shared.shown.credentials}, with single spaces, and aws_access_key_id and ` +
    "aws_secret_access_key in lower case";
}

function noneAdvice({ signIn, shared }: CredentialsContext): string {
  const { profile } = signIn;
  const { config, credentials } = shared.shown;
  if (profile !== "default") {
    return `the profile ${JSON.stringify(profile)} has none in ${config} and ${credentials}; ` +
      `run: aws configure --profile ${shellWord(profile)}`;
  }
  const names = [...shared.profiles.keys()].filter((name) => name !== profile);
  const others = names.length === 0 ? "" : ` (there are: ${names.join(", ")})`;
  return "neither the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), nor " +
    `${config} and ${credentials}, nor this machine has any; give the backend a profile${others} ` +
    "or credentials, or run: aws configure";
}

/** Whether it comes from the SDK's search itself, and not from a service that it asked. */
function isProviderError(error: unknown): boolean {
  return error instanceof Error && /^(Credentials|Token)?ProviderError$/.test(error.name);
}

/** What an error is, without anything that it says. */
function essence(error: unknown): string {
  if (!(error instanceof Error)) return "no error";
  const code = systemCode(error);
  const status = statusOf(error);
  return [error.name, code, status === undefined ? undefined : `HTTP ${status}`]
    .filter((part) => part !== undefined).join(" ");
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[A-Z_]+$/.test(error.code) ? error.code : undefined;
}

function statusOf(error: Error): number | undefined {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (!("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
