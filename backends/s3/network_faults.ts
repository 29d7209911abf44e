/**
 * What it means when no answer came at all. The codes are those of Node, which Deno and Bun use too.
 *
 * @module
 */
import type { S3Failure } from "./failure.ts";
import type { Meaning } from "./meaning.ts";
import type { S3Settings } from "./settings.ts";

/**
 * The meaning of a failure without an answer; nothing when it is none of the network's.
 *
 * @param failure What is known of it.
 * @param settings What the backend goes by.
 */
export function networkMeaning(failure: S3Failure, settings: S3Settings): Meaning | undefined {
  const { where, from } = settings;
  const text = `${failure.code} ${failure.message}`;
  const named = `check the endpoint (from ${from.endpoint})`;
  if (/ECONNREFUSED/.test(text)) {
    return ["Transient", `nothing answers at ${where}; start the store, or ${named}`];
  }
  if (/ENOTFOUND|EAI_/.test(text)) {
    return ["Transient", `the host of ${where} is unknown; ${named}, and that you are online`];
  }
  if (/EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL/.test(text)) {
    return ["Transient", `there is no way to ${where}; check that you are online, and ${named}`];
  }
  const tls = tlsFault(text, where);
  if (tls !== undefined) return ["Transient", tls];
  if (/ECONNRESET|EPIPE|ECONNABORTED|hang up|aborted/.test(text)) {
    return ["Transient", `the connection to ${where} broke; try again later`];
  }
  if (/ETIMEDOUT|TimeoutError/.test(text)) {
    return ["Timeout", `${where} did not answer in time; try again later, or ${named}`];
  }
  if (/HPE_/.test(text)) {
    return ["Transient", `${where} answered with what is not HTTP; ${named}`];
  }
}

function tlsFault(text: string, where: string): string | undefined {
  if (/WRONG_VERSION_NUMBER|EPROTO/.test(text)) {
    return `${where} does not speak TLS; is the endpoint to begin with http://?`;
  }
  if (/CERT_HAS_EXPIRED/.test(text)) {
    return `the certificate of ${where} has expired; renew it`;
  }
  if (/ALTNAME/.test(text)) {
    return `the certificate of ${where} is for another host; correct the endpoint, or, where the ` +
      'bucket stands in the host name, set "forcePathStyle: true"';
  }
  if (/SELF_SIGNED|UNABLE_TO_|CERT_/.test(text)) {
    return `the certificate of ${where} is not trusted; name its authority's file in ` +
      "NODE_EXTRA_CA_CERTS";
  }
}
