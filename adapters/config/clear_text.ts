/**
 * Whether sessions would go over networks of others without encryption.
 *
 * @module
 */
import type { Backend } from "../../core/backend.ts";
import type { Config } from "./config.ts";

/** A backend that tells its address, and who named it. */
interface Addressed extends Backend {
  readonly place: {
    readonly endpoint?: string;
    readonly from: { readonly endpoint: string };
  };
}

/**
 * Warnings of endpoints that do not stand in the configuration, but in a profile or the environment.
 *
 * @param backends The backends, open.
 * @param config Where they are configured.
 * @returns A line each.
 */
export function clearTextWarnings(backends: readonly Backend[], config: Config): string[] {
  return backends.filter(isAddressed).flatMap(({ name, place: { endpoint, from } }) => {
    const settings = config.backends.get(name);
    const inFile = settings?.type === "s3" && settings.endpoint !== undefined;
    if (inFile || endpoint === undefined || !isReadableOnTheWay(endpoint)) return [];
    return [
      `the endpoint of ${name} is ${endpoint} (from ${from.endpoint}): sessions go over the network ` +
      "readable; use https",
    ];
  });
}

/**
 * The endpoint of a backend that has one of its own.
 *
 * @param backend Any, open.
 */
export function endpointOf(backend: Backend): string | undefined {
  return isAddressed(backend) ? backend.place.endpoint : undefined;
}

/**
 * Whether what is sent to an endpoint can be read by others on the way.
 *
 * @param endpoint A whole address.
 */
export function isReadableOnTheWay(endpoint: string): boolean {
  return endpoint.startsWith("http:") && isPublicHost(new URL(endpoint).hostname);
}

function isAddressed(backend: Backend): backend is Addressed {
  return "place" in backend;
}

/** Whether a host lies beyond this machine and networks of one's own. */
function isPublicHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
  if (host.includes(":")) {
    return !/^(::1$|f[cd]|fe[89ab]|::ffff:(7f|a[0-9a-f]{2}:|c0a8:))/.test(host);
  }
  if (!/^\d+(\.\d+){3}$/.test(host)) {
    return host.includes(".") && !/\.(localhost|local|lan|home\.arpa|internal|test)$/.test(host);
  }
  const [first, second] = host.split(".").map(Number);
  return !(first === 127 || first === 10 || (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second < 32) || (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second < 128));
}
