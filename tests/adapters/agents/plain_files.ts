/**
 * What a backend has of plain files.
 *
 * @module
 */
import type { Backend } from "../../../core/backend.ts";

/** The text of each by its key. */
export async function plainFilesIn(backend: Backend): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { objects } of backend.list()) {
    for (const { key } of objects.filter(({ key }) => key.includes("/raw/"))) {
      const { body } = await backend.get(key);
      files.set(key, await new Response(body as BodyInit).text());
    }
  }
  return files;
}
