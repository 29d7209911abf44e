/**
 * The steps at which a process is killed on purpose, by name.
 *
 * @module
 */

/** Of writing an intent, in order. */
export const INTENT_STEPS = ["opened", "half written", "written", "synced", "renamed"] as const;

/** A step of writing an intent. */
export type IntentStep = typeof INTENT_STEPS[number];

/** Of a relay's work, in order. */
export const RELAY_STEPS = [
  "with the lock",
  "stored and not recorded",
  "half recorded",
  "recorded and not synced",
  "recorded, with its intents there",
  "some of its intents removed",
] as const;

/** A step of a relay's work. */
export type RelayStep = typeof RELAY_STEPS[number];
