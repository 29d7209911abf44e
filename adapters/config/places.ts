/**
 * Where backends store, so far as it can be told without asking anyone.
 *
 * @module
 */
import { realPathOf } from "../paths/project_paths.ts";
import { isMap } from "./complaints/key_path.ts";
import { plainEndpoint, plainPrefix } from "../../backends/s3/values.ts";

/** A backend and the place it stores in. */
export interface Place {
  /** The backend's name. */
  readonly name: string;
  /** The same text for the same place. */
  readonly place: string;
}

/**
 * Tells the places of those backends that say enough of it.
 *
 * @param backends The backends as written, variables expanded.
 * @param paths The absolute folders of `file` backends, by name.
 */
export function placesOf(backends: unknown, paths: ReadonlyMap<string, string>): Place[] {
  if (!isMap(backends)) return [];
  return Object.entries(backends).flatMap(([name, backend]) => {
    const path = paths.get(name);
    const place = path === undefined
      ? s3Place(backend)
      : JSON.stringify(["file", realPathOf(path)]);
    return place === undefined ? [] : [{ name, place }];
  });
}

function s3Place(backend: unknown): string | undefined {
  if (!isMap(backend) || backend.type !== "s3") return undefined;
  const { bucket, endpoint, prefix, profile } = backend;
  if (typeof bucket !== "string") return undefined;
  // Without an endpoint, the profile may name one.
  const server = typeof endpoint === "string" && URL.canParse(endpoint)
    ? plainEndpoint(endpoint)
    : ["of", profile ?? null];
  const within = typeof prefix === "string" ? plainPrefix(prefix) ?? "" : "";
  return JSON.stringify(["s3", server, bucket, within]);
}
