/**
 * Files that no archive ever holds, whatever an agent's folder makes of them.
 *
 * @module
 */

/** Files that hold keys and passwords, in lower case. */
const FILES: readonly RegExp[] = [
  /^\.?(credentials|auth|mcp-auth|oauth_creds|mcp-oauth-tokens|google_accounts)(-v\d+)?\.(json|toml|ya?ml|ini)$/,
  /^(credentials|\.claude\.json|agent\.db|installation_id|machine_id)$/,
  /^[._]?(netrc|npmrc|pypirc|git-credentials|pgpass|htpasswd)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|vscdb|ovpn)$/,
];

/** Such files, and folders in which there is nothing else. */
const ANYWHERE: readonly RegExp[] = [/^\.env/, /^\.(aws|ssh|gnupg|kube|docker)$/];

/** Ends of paths whose last name alone says nothing. */
const PATHS: readonly RegExp[] = [
  /(^|\/)(gh|hub)\/hosts\.ya?ml$/,
  /(^|\/)\.copilot\/config\.json$/,
];

/** What editors and people put behind the name of a file that they keep. */
const KEPT = /(~|\.(bak|backup|old|orig|save|swp|tmp))+$/;

/**
 * Whether a file is never archived nor put back. It goes by names alone: what a file holds cannot be
 * told.
 *
 * @param path With slashes, or as Windows writes paths.
 */
export function isNeverCaptured(path: string): boolean {
  const names = path.toLowerCase().split(/[\\/]/).map(bare);
  const whole = names.join("/");
  return PATHS.some((pattern) => pattern.test(whole)) ||
    FILES.some((pattern) => pattern.test(names.at(-1) ?? "")) ||
    names.some((name) => ANYWHERE.some((pattern) => pattern.test(name)));
}

/** Windows takes no notice of dots and spaces at the end of a name. */
function bare(name: string): string {
  return name.replace(/[. ]+$/, "").replace(KEPT, "");
}
