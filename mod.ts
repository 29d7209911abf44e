export * from "./core/errors.ts";
export * from "./core/ledger.ts";
export * from "./core/agent.ts";
export * from "./core/backend.ts";
export * from "./core/spool.ts";
export * from "./core/transcript.ts";
