/**
 * What `opencode export` gives, and which of it belongs to the place where the session is.
 *
 * @module
 */

/** A session as OpenCode exports it. */
export interface Exported {
  readonly info: Record<string, unknown>;
  readonly messages: readonly { readonly info: { readonly id: string } }[];
}

/** Without what an import sets to where it takes place. */
export function withoutPlace({ info, messages }: Exported): unknown {
  const { projectID: _id, directory: _directory, path: _path, ...rest } = info;
  return { info: rest, messages };
}
