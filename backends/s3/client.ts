/**
 * The SDK's client, as this backend wants it: which of the SDK's ways it goes, and what is changed
 * in what it sends.
 *
 * @module
 */
import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { ArchiveError } from "../../core/errors.ts";
import type { S3SignIn } from "./credentials.ts";
import { guardHost } from "./guard_host.ts";
import { refusePages } from "./genuine.ts";
import type { S3Timeouts } from "./options.ts";
import { useToldHashes } from "./payload_hash.ts";
import { quietly } from "./quiet_sdk.ts";
import type { S3Settings } from "./settings.ts";
import { makeSockets, type Sockets } from "./sockets.ts";

/** How to sign in, and how long to try. */
export interface S3Access {
  /** What goes into the options of the SDK's client; asked for once. */
  readonly signIn: () => Promise<S3SignIn>;
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** The limits. */
  readonly timeouts: S3Timeouts;
}

/**
 * Loads the SDK and makes a client. No request is made.
 *
 * @param settings What the backend goes by.
 * @param access How to sign in, and the limits.
 * @throws ArchiveError `NotSupported` when the SDK cannot be loaded, and whatever signing in throws.
 */
export async function openClient(settings: S3Settings, access: S3Access): Promise<S3> {
  const [{ S3 }, signIn, sockets] = await Promise.all([
    loadSdk(settings),
    access.signIn(),
    makeSockets(),
  ]);
  const client = quietly(() => new S3({ ...configOf(settings, access, sockets), ...signIn }));
  nameOnce(client);
  guardHost(client, settings);
  useToldHashes(client);
  refusePages(client);
  return client;
}

function configOf(
  { endpoint, region, quirks }: S3Settings,
  { attempts, timeouts }: S3Access,
  sockets: Sockets,
): S3ClientConfig {
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: quirks.pathStyle,
    maxAttempts: attempts,
    retryMode: "standard",
    ...(quirks.checksums === "required" && { requestChecksumCalculation: "WHEN_REQUIRED" }),
    // Readers check the SHA-256 of what they get; a CRC on top buys nothing.
    responseChecksumValidation: "WHEN_REQUIRED",
    // A store that passes over "Expect" would let every larger upload wait until it times out, and
    // the SDK opens a new connection for each.
    expectContinueHeader: false,
    logger: SILENT,
    requestHandler: {
      connectionTimeout: timeouts.connectMs,
      requestTimeout: timeouts.requestMs,
      throwOnRequestTimeout: true,
      // Off: it counts the time in which the kernel still sends what was written, and so ends
      // uploads over slow lines.
      socketTimeout: 0,
      ...sockets,
      logger: SILENT,
    },
  };
}

/** The SDK asks the system for its release again before each request, to tell the store. */
function nameOnce({ config }: S3): void {
  const name = config.defaultUserAgentProvider;
  let named: ReturnType<typeof name> | undefined;
  config.defaultUserAgentProvider = () => named ??= name();
}

const nothing = () => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

async function loadSdk({ backend }: S3Settings): Promise<{ S3: typeof S3 }> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    const message =
      `the backend ${JSON.stringify(backend)} needs the package @aws-sdk/client-s3, ` +
      "which cannot be loaded; install it again";
    throw new ArchiveError("NotSupported", message, { backend, cause });
  }
}
