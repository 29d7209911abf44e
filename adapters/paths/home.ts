/**
 * The home folder, and paths that begin with `~`.
 *
 * @module
 */
import { pathsOf, type Surroundings } from "./surroundings.ts";

/** A path, or what is wrong with what was written, as the rest of a sentence about it. */
export type Placed = { readonly path: string } | { readonly fault: string };

/** The home folder, or the variable that does not tell it. */
export type Home =
  | { readonly path: string }
  | { readonly variable: "HOME" | "USERPROFILE"; readonly value: string | undefined };

/**
 * Finds the home folder.
 *
 * @param where Environment and platform.
 */
export function homeFolder(where: Surroundings): Home {
  const variable = where.platform === "win32" ? "USERPROFILE" : "HOME";
  const value = where.env[variable];
  return value !== undefined && pathsOf(where).isAbsolute(value)
    ? { path: value }
    : { variable, value };
}

/**
 * Puts the home folder in the place of `~`.
 *
 * @param text What begins with it: `~`, or `~/` and more.
 * @param where Environment and platform.
 */
export function inHome(text: string, where: Surroundings): Placed {
  if (!(where.platform === "win32" ? /^~([/\\]|$)/ : /^~(\/|$)/).test(text)) {
    return { fault: "begins with the home folder of a user by name; write ~/ for your own" };
  }
  const home = homeFolder(where);
  if ("path" in home) return { path: pathsOf(where).join(home.path, text.slice(1)) };
  const state = home.value ? "not absolute" : "not set";
  return { fault: `begins with ~, and ${home.variable} is ${state}; write the path without ~` };
}
