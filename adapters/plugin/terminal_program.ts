/**
 * What users type in a terminal to run this package's program.
 *
 * @module
 */

/** OpenCode installs plugins where no shell looks for programs; npm's runner finds them. */
export const PROGRAM = "npx opencode-session-archiver";
