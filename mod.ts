/**
 * A copy of every AI coding session, off this machine, made without asking, that can be put back.
 *
 * What a script imports: the {@linkcode Archiver}, the backends, the agents and the types between
 * them. Nothing heavy is loaded before it is needed.
 *
 * @example Archive everything that OpenCode has on this machine into a folder
 * ```ts
 * import { Archiver, FileBackend, openCode } from "@session-archiver/archiver";
 *
 * const archiver = new Archiver({
 *   agents: [openCode()],
 *   backends: [new FileBackend({ path: "./archives" })],
 * });
 * for await (const { session, copies } of archiver.archiveAll()) {
 *   console.log(session.id, copies.map((copy) => copy.status));
 * }
 * ```
 *
 * @module
 */
export {
  type Agent,
  type ChangingFolder,
  type Detection,
  type LoadedSession,
  type RestorableArchive,
  type RestoreOptions,
  type RestoreOutcome,
  type SessionFilter,
  type SessionId,
  type SessionRef,
  type SessionRemover,
  type StoreRoom,
  type Summary,
  type Unit,
  type Whereabouts,
} from "./core/agent.ts";
export {
  type ArchiveKey,
  archiveKey,
  parseArchiveKey,
  projectSegment,
  versionKey,
} from "./core/keys/archive_key.ts";
export { checkSessionId } from "./core/keys/session_id.ts";
export {
  type ArchiveAllOptions,
  Archiver,
  type ArchiverOptions,
  type ArchiveRun,
} from "./core/archiver.ts";
export { type ArchiveOptions, type SessionOutcome } from "./core/archiving/archiving.ts";
export {
  ABANDONED_MS,
  type Backend,
  type Beginning,
  type Body,
  type ByteRange,
  type CallOptions,
  type Capabilities,
  type Finding,
  type ListOptions,
  type ListPage,
  type ObjectInfo,
  type PutMode,
  type PutOptions,
  type RangedBody,
  type TidyOptions,
} from "./core/backend.ts";
export { type CopyOutcome } from "./core/archiving/copy.ts";
export { type DeleteOptions, type DeleteOutcome } from "./core/prune/deletion.ts";
export { type Description } from "./core/listing/description.ts";
export {
  type ArchiveHeader,
  type DocumentDigest,
  DocumentWriter,
} from "./core/document/document.ts";
export { type ReadDocument, readDocument } from "./core/document/document_reader.ts";
export { type EmptiedBackend } from "./core/archiving/emptied.ts";
export { ArchiveError, type ErrorCode, type ErrorSubject, isArchiveError } from "./core/errors.ts";
export {
  LATE_WRITE_MS,
  type PlaceAsked,
  type SettledPlace,
  type SettleOptions,
  type WhatIsThere,
  type WhyUnknown,
} from "./core/archiving/late_writes.ts";
export {
  type ArchiveFacts,
  type Extent,
  type Ledger,
  type LedgerEntry,
  MemoryLedger,
  type MemoryLedgerOptions,
  NO_STORE,
  type OpenWrite,
  type Write,
} from "./core/ledger/ledger.ts";
export { type RebuildOptions, type RebuildOutcome } from "./core/ledger/ledger_rebuild.ts";
export { type ArchiveEntry, type ListFilter } from "./core/listing/listing.ts";
export {
  type LocalOutcome,
  type LocalPlan,
  type LocalPruneFilter,
} from "./core/prune/local_pruning.ts";
export {
  type AgentLayout,
  type BackendLayout,
  type PlainCopy,
  type PlainFile,
} from "./core/plain/layout.ts";
export { type LaidOut, type LayOutOptions } from "./core/plain/laying_out.ts";
export { MemoryAgent, type MemoryMessage, type MemorySession } from "./core/memory_agent.ts";
export { MemorySpool } from "./core/document/memory_spool.ts";
export { checkObjectKey, compareUtf8, type ObjectKeyRules } from "./core/keys/object_key.ts";
export { type RestoreRequest } from "./core/restore/restoration.ts";
export { type RetrievedArchive, type RetrieveOptions } from "./core/restore/retrieval.ts";
export {
  type PathRules,
  projectMatcher,
  type Route,
  routeOf,
  router,
  type Rule,
} from "./core/routing.ts";
export { type Spool, type Spooled } from "./core/document/spool.ts";
export { type SyncOptions } from "./core/repair/sync.ts";
export { type SyncOutcome } from "./core/repair/sync_key.ts";
export {
  type TokenCounts,
  type TranscriptMessage,
  type TranscriptPart,
} from "./core/transcript.ts";
export { type RepairOptions, type RepairOutcome } from "./core/repair/repair.ts";
export { type RepairFrom } from "./core/repair/repair_ways.ts";
export { type Sample } from "./core/verify/sample.ts";
export { type VerifyOptions } from "./core/verify/verification.ts";
export {
  type VerifiedObject,
  type VerifyOutcome,
  type VerifyStatus,
  type WrongObject,
} from "./core/verify/verify_outcome.ts";
export { type SessionFamily } from "./core/prune/session_families.ts";
export {
  type PrunableVersion,
  type PruneFilter,
  type PrunePlan,
} from "./core/prune/version_pruning.ts";
export { FileBackend, type FileBackendOptions } from "./backends/file.ts";
export { MemoryBackend, type MemoryBackendOptions } from "./backends/memory.ts";
export {
  S3Backend,
  type S3BackendOptions,
  type S3BackendPlace,
  type S3Incremental,
  type S3Keys,
  type S3Timeouts,
} from "./backends/s3.ts";
export {
  S3_PROVIDERS,
  type S3Provider,
  type S3ProviderName,
  s3ProviderOf,
  type S3Quirks,
} from "./backends/s3_providers.ts";
export { claudeCode } from "./adapters/agents/claude_code/mod.ts";
export { codex } from "./adapters/agents/codex/mod.ts";
export { copilot } from "./adapters/agents/copilot/mod.ts";
export { gemini } from "./adapters/agents/gemini/mod.ts";
export { type FileAgentOptions } from "./adapters/agents/files/options.ts";
export { openCode, type OpenCodeOptions } from "./adapters/agents/opencode/mod.ts";
