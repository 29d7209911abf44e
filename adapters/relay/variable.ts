/**
 * How a plugin tells that it runs in a relay. Read in the agent's own process, so it holds this only.
 *
 * @module
 */

/** Set to `1` in the environment of a relay, so that a plugin in it does nothing. */
export const RELAY_VARIABLE = "SESSION_ARCHIVER_RELAY";
