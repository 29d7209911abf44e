/**
 * The version of this program. A test keeps it in step with the package's.
 *
 * @module
 */

/** As in the package's manifest. */
export const VERSION = "0.1.0";
