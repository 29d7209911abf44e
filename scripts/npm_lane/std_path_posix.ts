/**
 * Stands in for `@std/path/posix` where JSR cannot be reached: the same functions, from `node:path/posix`.
 *
 * Only names that both have and that behave alike are here; add one when the source needs it.
 *
 * @module
 */
export {
  basename,
  delimiter as DELIMITER,
  dirname,
  extname,
  format,
  isAbsolute,
  join,
  normalize,
  parse,
  relative,
  resolve,
  sep as SEPARATOR,
} from "node:path/posix";
