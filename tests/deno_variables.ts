/**
 * What another Deno is to be told that a test starts with an environment of its own.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";

const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

/** How the registry is reached, for what was not loaded yet. */
const WAY = [
  ...["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "DENO_TLS_CA_STORE"],
  ...["NPM_CONFIG_REGISTRY", ...PROXIES, ...PROXIES.map((name) => name.toLowerCase())],
];

/**
 * The variables: where this Deno keeps what it has loaded, by its own rules for Linux, and how it gets
 * the rest, so that the tests also begin where nothing is loaded yet.
 */
export function denoVariables(): Readonly<Record<string, string>> {
  const { DENO_DIR, HOME = "", XDG_CACHE_HOME } = process.env;
  const cache = DENO_DIR ?? join(XDG_CACHE_HOME ?? join(HOME, ".cache"), "deno");
  const way = WAY.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(way), DENO_DIR: cache };
}
