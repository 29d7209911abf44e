/**
 * Which files an S3 backend's place and credentials come from: when one of them changes, a store that
 * refused who asked may take them. None is read but the shared configuration, which names the others.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import type { S3BackendOptions } from "./options.ts";
import {
  type Environment,
  readSharedConfig,
  settingOf,
  type SharedConfig,
  sharedPaths,
} from "./shared_config.ts";
import { signInOf } from "./sign_in.ts";

/** What the user and the environment say of the keys. */
export type CredentialsSource =
  & Pick<S3BackendOptions, "endpoint" | "region" | "profile" | "credentials">
  & {
    /** The environment. */
    readonly env: Environment;
  };

/**
 * Names them: the two shared files, and what the profile in force signs in with beside them, a login's
 * cache or a token. What a program prints, as with `credential_process`, has no file.
 *
 * @param source What is known.
 * @returns Paths, of files that need not exist; none where the options say it all.
 */
export async function credentialFiles(source: CredentialsSource): Promise<readonly string[]> {
  const { endpoint, region, credentials, env } = source;
  if (endpoint && region && credentials) return [];
  const paths = await sharedPaths(env);
  const shared = [paths.config, paths.credentials];
  return credentials ? shared : [...shared, ...await signInFiles(source, paths.home)];
}

async function signInFiles(
  { profile, env }: CredentialsSource,
  home: string,
): Promise<readonly string[]> {
  const shared = await sharedConfig(env);
  // What cannot be read is one of the two files itself.
  if (shared === undefined) return [];
  const signIn = signInOf(profile || env.AWS_PROFILE || undefined, shared, env);
  const get = (key: string) =>
    settingOf(shared.profiles.get(signIn.profile), key, "credentials")?.value;
  switch (signIn.kind) {
    case "sso":
      return await ssoFiles(get("sso_session") ?? get("sso_start_url"), home);
    case "login":
      return await loginFiles(get("login_session"), env, home);
    case "web identity":
      return given(get("web_identity_token_file") ?? env.AWS_WEB_IDENTITY_TOKEN_FILE);
    case "container":
      return given(env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE);
    default:
      return [];
  }
}

async function sharedConfig(env: Environment): Promise<SharedConfig | undefined> {
  try {
    return await readSharedConfig(env, "");
  } catch (error) {
    if (error instanceof ArchiveError) return undefined;
    throw error;
  }
}

/** Where AWS tools keep what `aws sso login` got, by the session's name or its start URL. */
async function ssoFiles(login: string | undefined, home: string): Promise<readonly string[]> {
  if (login === undefined) return [];
  return [await cacheFile([home, ".aws", "sso", "cache"], "sha1", login)];
}

/** Where they keep what `aws login` got. */
async function loginFiles(
  login: string | undefined,
  env: Environment,
  home: string,
): Promise<readonly string[]> {
  if (login === undefined) return [];
  const folder = env.AWS_LOGIN_CACHE_DIRECTORY;
  return [await cacheFile(folder ? [folder] : [home, ".aws", "login", "cache"], "sha256", login)];
}

async function cacheFile(
  folder: readonly string[],
  hash: "sha1" | "sha256",
  login: string,
): Promise<string> {
  const [{ createHash }, { join }] = await Promise.all([
    import("node:crypto"),
    import("node:path"),
  ]);
  return join(...folder, `${createHash(hash).update(login).digest("hex")}.json`);
}

function given(path: string | undefined): readonly string[] {
  return path ? [path] : [];
}
