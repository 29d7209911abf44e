/**
 * The objects of plain files that stand in a backend.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "../backend.ts";
import { isArchiveError } from "../errors.ts";

/**
 * What stands at a place of plain files.
 *
 * @param at A key, or what keys begin with, which ends in a slash.
 * @param backend Where.
 * @param signal Stops it.
 * @returns By key.
 */
export async function objectsAt(
  at: string,
  backend: Backend,
  signal?: AbortSignal,
): Promise<Map<string, ObjectInfo>> {
  const objects = new Map<string, ObjectInfo>();
  if (!at.endsWith("/")) {
    const info = await infoOf(at, backend, signal);
    return info ? objects.set(at, info) : objects;
  }
  for await (const page of backend.list({ prefix: at, signal })) {
    for (const object of page.objects) objects.set(object.key, object);
  }
  return objects;
}

async function infoOf(
  key: string,
  backend: Backend,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  try {
    return await backend.head(key, { signal });
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return undefined;
    throw error;
  }
}

/**
 * Deletes what stands at a place of plain files.
 *
 * @param at As for {@linkcode objectsAt}.
 * @param backend Where.
 * @param signal Stops it.
 */
export async function deleteAt(at: string, backend: Backend, signal?: AbortSignal): Promise<void> {
  for (const key of (await objectsAt(at, backend, signal)).keys()) {
    await backend.delete(key, { signal });
  }
}
