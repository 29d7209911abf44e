/**
 * What a backend has learnt about building objects of parts that the store has, as long as it lives.
 *
 * @module
 */

/** It begins with knowing nothing. */
export class PartCopies {
  #keepsVersions: boolean | undefined;
  #refusal: unknown;
  #areRight = false;

  /** Whether the bucket keeps what is overwritten, as far as an answer has shown it. */
  get keepsVersions(): boolean | undefined {
    return this.#keepsVersions;
  }

  /** What the store failed with, if it cannot; it is not asked again. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** Whether what was copied has been compared with what it was to be, as far as that can be done. */
  get areRight(): boolean {
    return this.#areRight;
  }

  /** Takes note that a copy was compared, and nothing was wrong with it. */
  wereRight(): void {
    this.#areRight = true;
  }

  /**
   * Takes note of an answer about an object.
   *
   * @param versionId What it calls the version. What was written while none were kept is `null`,
   * also where they are by now.
   */
  saw(versionId: string | undefined): void {
    this.#keepsVersions ||= versionId !== undefined && versionId !== "null";
  }

  /**
   * Takes note that the store cannot.
   *
   * @param why What it failed with.
   */
  refuse(why: unknown): void {
    this.#refusal = why;
  }
}
