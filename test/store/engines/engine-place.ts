import type { Engine } from '#store/engines/engine';

/** An engine's store that outlives the engine: `open` may be called again, and several times at once. */
export interface EngineHome {
  open(): Promise<Engine>;
  /** Deletes the store; every engine was closed. */
  remove(): Promise<void>;
}

/** An engine that is open. */
export interface EnginePlace {
  readonly engine: Engine;
  /** Closes it, and opens another one on the same store. */
  reopen(): Promise<void>;
}
