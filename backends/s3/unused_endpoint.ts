/**
 * Where users write an endpoint that no AWS tool reads. With nobody else naming one, the sessions
 * would quietly go to AWS.
 *
 * @module
 */
import { settingOf, type Settings, type SharedConfig, type SharedFile } from "./shared_config.ts";

/** An endpoint that does not count. */
export interface UnusedEndpoint {
  /** Where it stands, in words. */
  readonly where: string;
  /** What to do about it. */
  readonly advice: string;
}

/**
 * Looks for one in the profile in force, in the services section that it names, and in sections
 * that were meant to be that profile. What other profiles say is no concern.
 *
 * @param name The profile in force; `default` when there is none.
 * @param shared What the files say. No endpoint in them counts for that profile.
 */
export function unusedEndpoint(name: string, shared: SharedConfig): UnusedEndpoint | undefined {
  return inProfile(name, "config", shared) ?? inProfile(name, "credentials", shared) ??
    inServices(name, shared) ?? inStray(name, shared);
}

function inProfile(
  name: string,
  file: SharedFile,
  { profiles, shown }: SharedConfig,
): UnusedEndpoint | undefined {
  for (const [key, value] of profiles.get(name)?.[file] ?? []) {
    const [owner, own] = parts(key);
    if (!value || !isEndpoint(own) || key === "endpoint_url") continue;
    const where = `${JSON.stringify(key)} of profile ${JSON.stringify(name)} in ${shown[file]}`;
    if (owner === undefined) return { where, advice: "write endpoint_url" };
    const advice = `only a services section may nest it, below "s3 ="; move it there, or write ` +
      `endpoint_url without indentation, and not behind an empty "${owner} ="`;
    return { where, advice };
  }
}

function inServices(
  name: string,
  { profiles, services, shown }: SharedConfig,
): UnusedEndpoint | undefined {
  const section = settingOf(profiles.get(name), "services", "config")?.value ?? "";
  for (const [key, value] of services.get(section) ?? []) {
    const [owner, own] = parts(key);
    const meant = owner === undefined || /^s3(api)?$/.test(squeezed(owner));
    if (!value || !isEndpoint(own) || !meant) continue;
    const where = `${JSON.stringify(key)} in the section [services ${section}] of ${shown.config}`;
    return { where, advice: 'write endpoint_url, indented, below a line "s3 ="' };
  }
}

/** A section such as `[work]` or `[Profile work]`, which means nothing. */
function inStray(name: string, { strays, shown }: SharedConfig): UnusedEndpoint | undefined {
  for (const [header, settings] of strays) {
    if (!isMeant(header, name) || !leadsAway(settings)) continue;
    const where = `the section [${header}] of ${shown.config}`;
    const advice = header === "default"
      ? "[profile default] is there too and counts alone; move all of it there"
      : `the section must be called [profile ${name}]`;
    return { where, advice };
  }
}

function isMeant(header: string, name: string): boolean {
  const [, , bare] = /^(?:profile\s+)?(["']?)(.*)\1$/i.exec(header) ?? [];
  return bare === name || (name === "default" && bare?.toLowerCase() === name);
}

function leadsAway(settings: Settings): boolean {
  return [...settings].some(([key, value]) =>
    value !== "" && (key === "services" || isEndpoint(parts(key)[1]))
  );
}

/** `s3.endpoint_url` is below `s3`; `endpoint_url` is below nothing. */
function parts(key: string): [owner: string | undefined, own: string] {
  const at = key.indexOf(".");
  return at < 0 ? [undefined, key] : [key.slice(0, at), key.slice(at + 1)];
}

/** Whether it is `endpoint_url`, or meant to be: `endpoint-url`, `endpoint`, `s3_endpoint`. */
function isEndpoint(key: string): boolean {
  return /^(aws)?(s3)?endpoint(ur[il])?(s3)?$/.test(squeezed(key));
}

function squeezed(key: string): string {
  return key.replace(/[^a-z0-9]/g, "");
}
