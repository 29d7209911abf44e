/**
 * Project paths and globs of them, brought to forms that can be compared: what `core/routing.ts`
 * takes. How a user writes them, on the command line or in a configuration, is read elsewhere.
 *
 * @module
 */
import { readlinkSync, realpathSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { PathRules } from "../../core/routing.ts";

/**
 * How paths are compared on a system.
 *
 * @param platform Which: `process.platform`.
 */
export function pathRules({ platform }: { readonly platform: string }): PathRules {
  const windows = platform === "win32";
  return { ignoreCase: windows || platform === "darwin", windows };
}

const realPaths = new Map<string, string>();

/**
 * The forms a project's path is known by: as given, and with links resolved as far as it exists.
 * What was found of a path is remembered for the life of the process.
 *
 * @param path An absolute path; nothing need be there any more.
 */
export function projectPaths(path: string): string[] {
  const real = realPaths.get(path) ?? realPathOf(path);
  realPaths.set(path, real);
  return real === path ? [path] : [path, real];
}

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/**
 * Where a path really leads: links are followed as far as they say, also those to what is not there
 * now, as a volume that is not mounted; and what does not exist stands as it is.
 *
 * @param path An absolute path; nothing need be there.
 */
export function realPathOf(path: string): string {
  return followed(path, MOST_LINKS);
}

function followed(path: string, links: number): string {
  const { dirname, basename, join, resolve } = path.startsWith("/") ? posix : win32;
  const rest: string[] = [];
  for (let at = path;; at = dirname(at)) {
    const real = looked(() => realpathSync(at));
    if (real !== undefined) return join(real, ...rest);
    const target = looked(() => readlinkSync(at));
    if (target !== undefined && links > 0) {
      return followed(join(resolve(dirname(at), target), ...rest), links - 1);
    }
    if (dirname(at) === at) return path;
    rest.unshift(basename(at));
  }
}

/** What a look gives; nothing where there is nothing to see, whose parent may say more. */
function looked(look: () => string): string | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/**
 * The forms of a glob that together match whatever its writer can have meant: as given; with links
 * in its literal beginning resolved; and with brackets, braces and parentheses taken for what
 * folders are really called, since `/code/[old]/**` may mean a folder named `[old]`. Each one also
 * in both Unicode forms of its letters, of which macOS mixes one with what is typed in the other.
 *
 * @param glob An absolute glob, or one that begins with a wildcard.
 * @param how How paths are compared.
 */
export function globForms(glob: string, how: PathRules = {}): string[] {
  const asGlob = splitAt(glob, /[*?[\]{}()\\]/, how);
  const asName = splitAt(glob, /[*?]/, how);
  const forms = [
    glob,
    ...realForms(asGlob.beginning).map((path) => escapeGlob(path, how) + asGlob.rest),
    ...realForms(asName.beginning).map((path) =>
      escapeGlob(path, how) + escapeBrackets(asName.rest)
    ),
    // A path always matches itself, so it need not be escaped where there is no wildcard.
    ...(asName.rest === "" ? realForms(glob) : []),
  ];
  return [
    ...new Set(forms.flatMap((form) => [form, form.normalize("NFC"), form.normalize("NFD")])),
  ];
}

function realForms(path: string): string[] {
  // A drive without a separator is not its root but the working directory on it.
  return path === "" || /^[A-Za-z]:$/.test(path) ? [path] : [path, realPathOf(path)];
}

/** Splits before the separator that the first segment with a special character begins with. */
function splitAt(glob: string, special: RegExp, { windows }: PathRules) {
  const plain = windows ? glob.replaceAll("\\", "/") : glob;
  const found = plain.search(special);
  const end = found < 0 ? glob.length : Math.max(plain.lastIndexOf("/", found), 0);
  return { beginning: glob.slice(0, end), rest: glob.slice(end) };
}

/** A path as a glob that matches it alone. */
function escapeGlob(path: string, how: PathRules): string {
  const plain = how.windows ? path : path.replaceAll("\\", "?");
  return escapeBrackets(plain.replace(/[*?]/g, (sign) => sign === "*" ? "[*]" : sign));
}

/**
 * Brackets by classes of one character, for a backslash would be a separator on Windows. Braces
 * work inside of a class too, so one stands for any character.
 */
function escapeBrackets(glob: string): string {
  return glob.replace(/[[(]/g, "[$&]").replace(/[{}]/g, "?");
}
