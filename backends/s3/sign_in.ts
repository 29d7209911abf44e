/**
 * How a profile signs in: which of the SDK's ways its settings ask for, and what they lack.
 *
 * For telling the user what to do when the SDK failed. Nothing here takes part in signing in.
 *
 * @module
 */
import { type Environment, settingOf, type SharedConfig } from "./shared_config.ts";

/** The way in which a profile's credentials are found. */
export type SignInKind =
  | "keys"
  | "web identity"
  | "process"
  | "sso"
  | "login"
  /** Only one key of the pair, or a role without a source. */
  | "half"
  /** A role whose settings can never work with the SDK. */
  | "bad role"
  /** What the machine gives the program, on AWS. */
  | "container"
  /** Nothing at all. */
  | "none";

/** How one profile signs in. */
export interface SignIn {
  readonly kind: SignInKind;
  /** The profile whose settings decide: the named one, or the source of its role. */
  readonly profile: string;
  /** The role that is then assumed, when there is one. */
  readonly role?: string;
  /** What is missing or wrong, for `half` and `bad role`. */
  readonly lack?: string;
}

/**
 * Follows a profile to what its credentials come from, in the SDK's order.
 *
 * @param name The profile; undefined when none is in force.
 * @param shared All profiles.
 * @param env What the SDK falls back on when the profile has nothing.
 */
export function signInOf(
  name: string | undefined,
  shared: SharedConfig,
  env: Environment,
): SignIn {
  const profile = name ?? "default";
  const signIn = follow(profile, shared, []);
  if (signIn.kind !== "none") return signIn;
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) {
    return { kind: "web identity", profile, role: env.AWS_ROLE_ARN };
  }
  if (env.AWS_CONTAINER_CREDENTIALS_FULL_URI || env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) {
    return { kind: "container", profile };
  }
  const lack = half(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], (key) => env[key]);
  if (lack === undefined || profile !== "default") return signIn;
  return { kind: "half", profile, lack: `the environment has ${lack}` };
}

function follow(profile: string, shared: SharedConfig, visited: readonly string[]): SignIn {
  const get = (key: string) => settingOf(shared.profiles.get(profile), key, "credentials")?.value;
  const role = get("role_arn");
  const source = get("source_profile");
  const who = `the profile ${JSON.stringify(profile)}`;
  const hasKeys = Boolean(get("aws_access_key_id") && get("aws_secret_access_key"));
  if (visited.length > 0 && hasKeys) return { kind: "keys", profile };
  if (role && get("mfa_serial")) {
    const lack = `${who} asks for an MFA code, which nobody is there to type; take one whose ` +
      "credentials need none, or that gets them by credential_process or SSO";
    return { kind: "bad role", profile, role, lack };
  }
  if (role && source) {
    if (!shared.profiles.has(source)) {
      const lack = `${who} has the source_profile ${JSON.stringify(source)}, which does not exist`;
      return { kind: "bad role", profile, role, lack };
    }
    if (visited.includes(source)) {
      const lack = `${who} and its source_profile ${JSON.stringify(source)} refer to each other`;
      return { kind: "bad role", profile, role, lack };
    }
    return { ...follow(source, shared, [...visited, profile, source]), role };
  }
  if (role && get("credential_source")) return { kind: "container", profile, role };
  if (hasKeys) return { kind: "keys", profile };
  if (role && get("web_identity_token_file")) return { kind: "web identity", profile, role };
  if (get("credential_process")) return { kind: "process", profile };
  const isSso = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"].some(get);
  if (isSso) return { kind: "sso", profile };
  if (get("login_session")) return { kind: "login", profile };
  const lack = half(["aws_access_key_id", "aws_secret_access_key"], get);
  if (lack !== undefined) return { kind: "half", profile, lack: `${who} has ${lack}` };
  if (role) {
    const lack = `${who} has a role_arn, and neither source_profile nor credential_source with it`;
    return { kind: "half", profile, lack };
  }
  return { kind: "none", profile };
}

function half(
  pair: readonly string[],
  get: (key: string) => string | undefined,
): string | undefined {
  const there = pair.filter(get);
  const missing = pair.filter((key) => !get(key));
  return there.length === 1 ? `${there[0]} but no ${missing[0]}` : undefined;
}
