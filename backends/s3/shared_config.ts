/**
 * The configuration that all AWS tools share: `~/.aws/config` and `~/.aws/credentials`, found and
 * read. What the profiles in it mean for a backend is decided elsewhere.
 *
 * The SDK's own reader passes over whatever it does not understand, a cut section header included,
 * and what follows then counts for the section before. Here such a file is refused, since an
 * endpoint that is passed over means that sessions go to AWS.
 *
 * @module
 */
import { closest } from "../../core/closest.ts";
import { ArchiveError } from "../../core/errors.ts";
import { type PlainIni, plainIni, UnreadableLine } from "./ini_dialect.ts";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Keys in lower case and their values; nested ones as `s3.endpoint_url`. */
export type Settings = ReadonlyMap<string, string>;

/** Which of the two files. */
export type SharedFile = "config" | "credentials";

/** A profile, which may stand in both files. */
export type Profile = Readonly<Record<SharedFile, Settings>>;

/** A value and the file that it stands in. */
export interface Setting {
  /** The value; never empty. */
  readonly value: string;
  /** The file. */
  readonly file: SharedFile;
}

/** What both files say. */
export interface SharedConfig {
  /** The files as messages name them, with `~` for the home folder. */
  readonly shown: Readonly<Record<SharedFile, string>>;
  /** The profiles by name. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** The `[services x]` sections by name. */
  readonly services: ReadonlyMap<string, Settings>;
  /**
   * Sections of the config file that mean nothing, by what stands in their brackets: `[x]` for
   * `[profile x]`, and `[default]` where there is a `[profile default]`.
   */
  readonly strays: ReadonlyMap<string, Settings>;
}

type Sections = ReadonlyMap<string, Settings>;

const NOTHING: Settings = new Map();

/**
 * Reads both files anew; one that does not exist is empty.
 *
 * @param env Where to look for `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE` and the home folder.
 * @param backend Whose configuration it is, for errors.
 * @throws ArchiveError `Invalid`, or `Unauthorized` for a file that this user may not read. It names
 * the file and the line, never the text.
 */
export async function readSharedConfig(env: Environment, backend: string): Promise<SharedConfig> {
  const { home, ...paths } = await sharedPaths(env);
  const shown = { config: tilde(paths.config, home), credentials: tilde(paths.credentials, home) };
  const [config, credentials] = await Promise.all([
    readSections(paths.config, shown.config, configSection, backend),
    readSections(paths.credentials, shown.credentials, credentialsSection, backend),
  ]);
  return {
    shown,
    profiles: profilesOf(config, credentials),
    services: ofKind(config, "services"),
    strays: straysOf(config),
  };
}

/**
 * Where both files are, and the home folder.
 *
 * @param env Where to look for `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE` and the home folder.
 */
export async function sharedPaths(
  env: Environment,
): Promise<Readonly<Record<SharedFile | "home", string>>> {
  const { join } = await import("node:path");
  const home = await homeFolder(env);
  const pathOf = (named: string | undefined, file: SharedFile) => {
    const path = named || join(home, ".aws", file);
    return path.startsWith("~/") ? join(home, path.slice(2)) : path;
  };
  return {
    home,
    config: pathOf(env.AWS_CONFIG_FILE, "config"),
    credentials: pathOf(env.AWS_SHARED_CREDENTIALS_FILE, "credentials"),
  };
}

/**
 * A profile's value.
 *
 * @param profile The profile, if there is one.
 * @param key In lower case.
 * @param first The file that wins when both have the key.
 */
export function settingOf(
  profile: Profile | undefined,
  key: string,
  first: SharedFile,
): Setting | undefined {
  const files = first === "config"
    ? ["config", "credentials"] as const
    : ["credentials", "config"] as const;
  for (const file of files) {
    const value = profile?.[file].get(key);
    if (value) return { value, file };
  }
}

/**
 * The failure of a profile that does not exist.
 *
 * @param name The profile.
 * @param said Who names it: `the option "profile"`, `AWS_PROFILE`.
 * @param shared What there is.
 * @param backend Whose configuration it is.
 */
export function noSuchProfile(
  name: string,
  said: string,
  shared: SharedConfig,
  backend: string,
): ArchiveError {
  const names = [...shared.profiles.keys()];
  const guess = closest(name, names);
  const message = [
    `${said} of the backend ${JSON.stringify(backend)} names the AWS profile `,
    `${JSON.stringify(name)}, which is neither in ${shared.shown.config} nor in `,
    shared.shown.credentials,
    guess === undefined ? "" : `; did you mean ${JSON.stringify(guess)}?`,
    shared.strays.has(name) ? `; the section [${name}] must be called [profile ${name}]` : "",
    names.length > 0 ? `; there are: ${names.join(", ")}` : "; there is no profile in them",
  ].join("");
  return new ArchiveError("Invalid", message, { backend });
}

async function homeFolder(env: Environment): Promise<string> {
  if (env.HOME) return env.HOME;
  if (env.USERPROFILE) return env.USERPROFILE;
  if (env.HOMEPATH) return `${env.HOMEDRIVE ?? "C:\\"}${env.HOMEPATH}`;
  const { homedir } = await import("node:os");
  return homedir();
}

function tilde(path: string, home: string): string {
  const rest = path.slice(home.length);
  return path.startsWith(home) && /^[\\/]/.test(rest) ? `~${rest}` : path;
}

function configSection(header: string): string {
  if (header === "default") return header;
  const [, kind, name] = /^(profile|services|sso-session)\s+(.*)$/.exec(header) ?? [];
  return kind === undefined ? `stray ${header}` : `${kind} ${unquoted(name)}`;
}

function credentialsSection(header: string): string {
  return `profile ${unquoted(header)}`;
}

function unquoted(name: string): string {
  return (/^(["'])(.*)\1$/.exec(name)?.[2] ?? name).trim();
}

function profilesOf(config: Sections, credentials: Sections): ReadonlyMap<string, Profile> {
  const fromConfig = new Map(ofKind(config, "profile"));
  const byDefault = config.get("default");
  // Where there are both, AWS tools take [profile default] and leave [default] aside.
  if (byDefault !== undefined && !fromConfig.has("default")) fromConfig.set("default", byDefault);
  const fromCredentials = ofKind(credentials, "profile");
  const names = [...new Set([...fromConfig.keys(), ...fromCredentials.keys()])].sort();
  return new Map(names.map((name) => [name, {
    config: fromConfig.get(name) ?? NOTHING,
    credentials: fromCredentials.get(name) ?? NOTHING,
  }]));
}

function straysOf(config: Sections): Sections {
  const byDefault = config.get("default");
  const strays = ofKind(config, "stray");
  if (byDefault === undefined || !config.has("profile default")) return strays;
  return new Map([...strays, ["default", byDefault]]);
}

function ofKind(sections: Sections, kind: string): Sections {
  const start = `${kind} `;
  return new Map(
    [...sections].filter(([name]) => name.startsWith(start))
      .map(([name, settings]) => [name.slice(start.length), settings]),
  );
}

async function readSections(
  path: string,
  shown: string,
  nameOf: (header: string) => string,
  backend: string,
): Promise<Sections> {
  const text = await readText(path, shown, backend);
  try {
    return await parseSections(plainIni(text, nameOf));
  } catch (error) {
    if (!(error instanceof UnreadableLine)) throw error;
    const message = `${shown} cannot be read for the backend ${JSON.stringify(backend)}: ` +
      `${error.message}; correct it, AWS tools do not understand it either`;
    throw new ArchiveError("Invalid", message, { backend });
  }
}

async function readText(path: string, shown: string, backend: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    const denied = code === "EACCES" || code === "EPERM" ||
      (error instanceof Error && error.name === "NotCapable");
    const message = denied
      ? `this user may not read ${shown}, where the backend ${JSON.stringify(backend)} looks for ` +
        "its AWS profile; change the file's owner or permissions"
      : `${shown}, where the backend ${
        JSON.stringify(backend)
      } looks for its AWS profile, cannot ` +
        `be read (${code}); it must be a text file`;
    throw new ArchiveError(denied ? "Unauthorized" : "Invalid", message, { backend, cause: error });
  }
}

async function parseSections({ text, origins }: PlainIni): Promise<Sections> {
  const { parse } = await import("@std/ini");
  let parsed: object;
  try {
    parsed = parse(text, { reviver: (_key, value) => value });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Not as the cause: its message may quote the line.
    const line = Number(/line (\d+)/.exec(error.message)?.[1]);
    throw new UnreadableLine(origins[line - 1] ?? 0, "is no INI");
  }
  return new Map(Object.entries(parsed).map(([name, values]) => [name, settingsIn(values)]));
}

function settingsIn(values: object): Settings {
  return new Map(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
