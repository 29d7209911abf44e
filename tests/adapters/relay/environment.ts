/**
 * The environment of the tests' own process, for what runs in it and reads no other.
 *
 * @module
 */
import process from "node:process";

/**
 * Runs something in another environment.
 *
 * @param env Variables that are set meanwhile.
 * @param body What to run.
 */
export async function inEnvironment(
  env: Readonly<Record<string, string>>,
  body: () => Promise<void>,
): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    await body();
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
