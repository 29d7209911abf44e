/**
 * Making sure that what will be called by its path for a long time lies where it stays.
 *
 * @module
 */
import type { Runtime } from "../process/own_runtime.ts";
import type { Call } from "./call.ts";
import { UsageError } from "./exit.ts";

/**
 * Warns where this program, or what it runs on, may not stay where it is.
 *
 * @param call Who asks.
 * @param runtime What it runs on.
 * @param command The command to give again where it stays.
 * @throws {UsageError} Where it surely will not, or cannot be called by its path.
 */
export async function checkPlace(
  { report }: Call,
  { execPath }: Runtime,
  command: string,
): Promise<void> {
  const [{ doubtAbout }, { PROGRAM }, { fileURLToPath }] = await Promise.all([
    import("../hooks/lasting.ts"),
    import("../hooks/command.ts"),
    import("node:url"),
  ]);
  const doubt = doubtAbout(execPath, fileURLToPath(PROGRAM), command);
  if (doubt?.isFatal) throw new UsageError(doubt.message);
  if (doubt) await report.warn(doubt.message);
}
