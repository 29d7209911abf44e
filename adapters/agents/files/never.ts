/**
 * Files that no archive ever holds, whatever an agent's folder makes of them.
 *
 * @module
 */

/** Names that hold keys and passwords, in lower case. */
const NAMES: readonly RegExp[] = [
  /^\.?(credentials|auth|mcp-auth|oauth_creds|mcp-oauth-tokens|google_accounts)(-v\d+)?\.json$/,
  /^(\.claude\.json|agent\.db|installation_id|machine_id)$/,
  /^\.env(\..*)?$/,
  /^\.?(netrc|npmrc|pypirc|git-credentials|pgpass|htpasswd)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)$/,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|vscdb|ovpn)$/,
];

/**
 * Whether a file is never archived nor put back. It goes by names alone: what a file holds cannot be
 * told.
 *
 * @param path With slashes. Each folder on the way counts, too.
 */
export function isNeverCaptured(path: string): boolean {
  return path.toLowerCase().split("/").some((name) => NAMES.some((pattern) => pattern.test(name)));
}
