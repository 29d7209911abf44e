/**
 * Plain files beside archives: an agent's own files as another program reads them out of a store, such
 * as a viewer. What one is called and where it lies is that program's, and an agent's, to say.
 *
 * ```text
 * {prefix}/{project}/{YYYY-MM-DD}/{session id}.json     archives
 * {prefix}/{machine}/raw/{agent}/…                      plain files
 * ```
 *
 * What lies below `{anything}/raw/` never has the key of an archive, whose second name is a day.
 *
 * @module
 */

/**
 * How plain files are laid out on a backend.
 *
 * @since 0.1.0
 */
export interface BackendLayout {
  /** The layout's name, which agents know: `agentsview`. */
  readonly name: string;
  /** What this machine is called there; one name of a key. */
  readonly machine: string;
}

/**
 * One plain file of a session.
 *
 * @since 0.1.0
 */
export interface PlainFile {
  /** Where it lies, from the layout's folder of its agent. */
  readonly path: string;
  /**
   * Where all plain files of the same archive lie, and no others: the path itself, or a folder, which
   * ends in a slash.
   */
  readonly root: string;
  /** Its bytes; to be read to their end before the next file is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * What an agent's sessions look like in one layout.
 *
 * @since 0.1.0
 */
export interface AgentLayout {
  /** The folder of the agent's files, from the machine's: `raw/codex`. */
  readonly folder: string;
  /**
   * The plain files of an archive, byte for byte as the agent had them. Those that the layout has no
   * place for are left out.
   *
   * @param native The lines of a document.
   */
  files(native: AsyncIterable<string>): AsyncIterable<PlainFile>;
  /**
   * The id of the session that a file belongs to.
   *
   * @param path Where it lies, from the agent's folder.
   * @returns Undefined for what is none of the agent's.
   */
  sessionOf(path: string): string | undefined;
}

/**
 * What is known of an archive's plain files on a backend.
 *
 * @since 0.1.0
 */
export interface PlainCopy extends BackendLayout {
  /** Where all of them are: a key, or what their keys begin with, which ends in a slash. Absent where there are none. */
  readonly at?: string;
  /** Whether they are those of what is archived there, all of them. */
  readonly isWhole: boolean;
}

/**
 * Whether an archive's plain files are all there, as far as is remembered.
 *
 * @param plain What is remembered of them.
 * @param layout How they are laid out.
 */
export function isLaidOut(plain: PlainCopy | undefined, layout: BackendLayout): boolean {
  return plain?.isWhole === true && plain.name === layout.name && plain.machine === layout.machine;
}

/** What the keys of an agent's plain files begin with. */
export function folderIn({ machine }: BackendLayout, { folder }: AgentLayout): string {
  return `${machine}/${folder}/`;
}

/**
 * The folder that holds all plain files of a machine, of one of them.
 *
 * @param key The key of any object.
 * @returns It, with its slash; undefined for an object that is none.
 */
export function plainFolderOf(key: string): string | undefined {
  return /^[^/]+\/raw\//.exec(key)?.[0];
}
