/**
 * The calls of one backend: begun with a check, ended all at once when the backend is closed.
 *
 * @module
 */
import { type Call, failIfStopped, type KeyCall } from "./call.ts";

/** Begins a backend's calls. */
export class Calls {
  readonly #backend: string;
  readonly #checkKey: (key: string, call: KeyCall) => void;
  readonly #closing = new AbortController();

  /**
   * @param backend The backend's name.
   * @param checkKey Throws `Invalid` for a key that the backend never takes.
   */
  constructor(backend: string, checkKey: (key: string, call: KeyCall) => void) {
    this.#backend = backend;
    this.#checkKey = checkKey;
  }

  /**
   * Begins a call about a key.
   *
   * @param doing What it does, as in "storing".
   * @param key The key.
   * @param signal The caller's.
   * @throws ArchiveError `Invalid`, or `Aborted` when the signal has fired or the backend is closed.
   */
  begin(doing: string, key: string, signal?: AbortSignal): KeyCall {
    const call = { ...this.#call(doing, signal), key };
    this.#checkKey(key, call);
    failIfStopped(call);
    return call;
  }

  /**
   * Begins a call about no key in particular.
   *
   * @param doing What it does, as in "listing".
   * @param signal The caller's.
   * @throws ArchiveError `Aborted`, as above.
   */
  beginWithoutKey(doing: string, signal?: AbortSignal): Call {
    const call = this.#call(doing, signal);
    failIfStopped(call);
    return call;
  }

  /** Ends every call that is under way; none begins any more. */
  close(): void {
    this.#closing.abort(new Error("the backend was closed"));
  }

  #call(doing: string, signal: AbortSignal | undefined): Call {
    const signals = signal === undefined ? [] : [signal];
    return { backend: this.#backend, doing, signals: [...signals, this.#closing.signal] };
  }
}
