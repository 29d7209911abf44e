/**
 * The last look at where a request goes: sessions never leave for a host that nobody chose, whatever
 * the SDK makes of the environment.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";
import { ArchiveError } from "../../core/errors.ts";
import { isAwsHost } from "../aws_partitions.ts";
import type { S3Settings } from "./settings.ts";

/**
 * Lets a client send requests to the settled store only.
 *
 * @param client The client.
 * @param settings Where it may send to.
 */
export function guardHost(client: S3, settings: S3Settings): void {
  client.middlewareStack.add((next) => (args) => {
    const { request } = args;
    if (hasHost(request) && isChosen(request, settings)) return next(args);
    const { backend } = settings;
    const message = `the backend ${JSON.stringify(backend)} was about to send a request to ` +
      `${hasHost(request) ? request.hostname : "an unknown host"}, not to ${settings.where}; ` +
      'nothing was sent; set "endpoint" and "region" in its configuration';
    throw new ArchiveError("Invalid", message, { backend });
  }, { step: "build", name: "guardHost" });
}

interface WithHost {
  readonly hostname: string;
  readonly port?: number;
  readonly protocol: string;
}

function hasHost(request: unknown): request is WithHost {
  return typeof request === "object" && request !== null && "hostname" in request &&
    "protocol" in request && typeof request.hostname === "string";
}

function isChosen(request: WithHost, { endpoint, bucket }: S3Settings): boolean {
  if (endpoint === undefined) return isAwsHost(request.hostname);
  const chosen = new URL(endpoint);
  if (request.protocol !== chosen.protocol) return false;
  if (String(request.port ?? "") !== chosen.port) return false;
  return [chosen.hostname, `${bucket}.${chosen.hostname}`].includes(request.hostname);
}
