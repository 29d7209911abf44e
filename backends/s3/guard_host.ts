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
  const isChosen = chosen(settings);
  client.middlewareStack.add((next) => (args) => {
    const { request } = args;
    if (hasHost(request) && isChosen(request)) return next(args);
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

/** Whether a request goes where it should; asked before every one of them. */
function chosen({ endpoint, bucket }: S3Settings): (request: WithHost) => boolean {
  if (endpoint === undefined) return ({ hostname }) => isAwsHost(hostname);
  const { protocol, port, hostname } = new URL(endpoint);
  const hosts = [hostname, `${bucket}.${hostname}`];
  return (request) =>
    request.protocol === protocol && String(request.port ?? "") === port &&
    hosts.includes(request.hostname);
}
