/**
 * Paths and globs of a configuration made absolute: `~` is the home folder, a backend's path counts
 * from the file's folder. Nothing is looked at on the disk.
 *
 * @module
 */
import { inHome, type Placed } from "../paths/home.ts";
import { pathsOf, type Surroundings } from "../paths/surroundings.ts";

/** The longest path or glob, in characters. */
const LONGEST = 1_000;

/**
 * Makes the path of a folder absolute.
 *
 * @param text As it was written, variables expanded.
 * @param base The folder that relative paths count from; absolute.
 * @param where Environment and platform.
 */
export function absolutePath(text: string, base: string, where: Surroundings): Placed {
  const unfit = unfitText(text, "the path of a folder") ?? otherSystem(text, where);
  if (unfit !== undefined) return { fault: unfit };
  if (text.startsWith("~")) return inHome(text, where);
  return { path: pathsOf(where).resolve(base, text) };
}

/**
 * Makes a glob of project paths absolute, unless it begins with `**`.
 *
 * @param text As it was written, variables expanded.
 * @param where Environment and platform.
 */
export function absoluteGlob(text: string, where: Surroundings): Placed {
  const windows = where.platform === "win32";
  const unfit = unfitText(text, "a glob of project folders") ?? otherSystem(text, where);
  if (unfit !== undefined) return { fault: unfit };
  if ((windows ? /^\*\*([/\\]|$)/ : /^\*\*(\/|$)/).test(text)) return tidy(text, where);
  if (text.startsWith("~")) {
    const home = inHome(text, where);
    return "path" in home ? tidy(home.path, where) : home;
  }
  if (windows ? /^([A-Za-z]:)?[/\\]/.test(text) : text.startsWith("/")) return driven(text, where);
  return {
    fault: `has to begin with ${windows ? "a drive (C:/)" : "/"}, ~/ or **/, ` +
      "for projects are compared by their absolute paths",
  };
}

/** A rule that can match nothing would quietly leave its projects to the next one. */
function driven(text: string, where: Surroundings): Placed {
  const rooted = where.platform !== "win32" || /^([A-Za-z]:|[/\\]{2})/.test(text);
  return rooted ? tidy(text, where) : {
    fault: "lacks the drive, without which no project on Windows matches; " +
      `begin it with C:/ or **/`,
  };
}

/** Goes up and down before the first wildcard, where that means something, and ends plainly. */
function tidy(glob: string, where: Surroundings): Placed {
  const { normalize } = pathsOf(where);
  const wild = glob.search(/[*?[\]{}()!+@]/);
  const plain = where.platform === "win32" ? glob.replaceAll("\\", "/") : glob;
  const end = wild < 0 ? glob.length : plain.lastIndexOf("/", wild) + 1;
  if (/(^|\/)\.\.?(\/|$)/.test(plain.slice(end))) {
    return { fault: "has . or .. behind a wildcard, where they match nothing; spell the path out" };
  }
  const path = (end === 0 ? "" : normalize(glob.slice(0, end))) + glob.slice(end);
  return { path: path.replace(/(?<=[^/\\:])[/\\]+$/, "") };
}

function unfitText(text: string, wanted: string): string | undefined {
  if (text === "") return `is empty; give ${wanted}`;
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters; give ${wanted}`;
  if (text.trim() !== text) return `begins or ends with a space; give ${wanted} without it`;
  if (/\p{Cc}/u.test(text)) return `has a control character; give ${wanted}`;
}

function otherSystem(text: string, { platform }: Surroundings): string | undefined {
  if (platform === "win32" || !/^([A-Za-z]:[/\\]|\\\\)/.test(text)) return undefined;
  return "is a path of Windows, and this is another system; begin it with / or ~/";
}
