/**
 * Looking at the copies in backends in memory, and harming them.
 *
 * @module
 */
import type { MemoryBackend, MemorySession } from "@session-archiver/archiver";
import { bytesOf } from "../../core/streams.ts";

/** The key of the session `one`. */
export const KEY = "home_me_project/2026-01-31/one.json";

/** Long enough to be worth a version. */
const FILLING = "and so on and on, until it is too much to be lost without a word. ".repeat(2);

/** A session with some messages, each of which has its name for an id. */
export function sessionOf(id: string, texts: readonly string[], updatedAt: string): MemorySession {
  return {
    id,
    projectPath: "/home/me/project",
    createdAt: "2026-01-31T12:00:00.000Z",
    updatedAt,
    messages: texts.map((text) => ({ id: text, role: "user", text: `<${text}> ${FILLING}` })),
  };
}

/** The bytes at a key; none where there is nothing. */
export async function bytesIn(
  backend: MemoryBackend,
  key = KEY,
): Promise<Uint8Array | undefined> {
  return await backend.get(key).then(({ body }) => bytesOf(body), () => undefined);
}

/** The messages of the archive at a key. */
export async function textsIn(backend: MemoryBackend, key = KEY): Promise<string[]> {
  const text = new TextDecoder().decode(await bytesIn(backend, key));
  return JSON.parse(text).native.messages.map(({ id }: { id: string }) => id);
}

/** One byte in the midst of it is another; the store goes on telling what it was given. */
export async function flip(backend: MemoryBackend, key = KEY): Promise<void> {
  const { metadata } = await backend.head(key);
  const flipped = (await bytesIn(backend, key))!.slice();
  flipped[flipped.indexOf(60)] ^= 1;
  await backend.put(key, flipped, { metadata });
}

/** All keys that are there. */
export async function keysIn(backend: MemoryBackend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
  return keys;
}

/** The key of the version that was kept there. */
export async function versionIn(backend: MemoryBackend): Promise<string> {
  const [version] = (await keysIn(backend)).filter((key) => key.includes("~"));
  return version;
}
