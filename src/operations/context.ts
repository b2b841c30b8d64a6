/** What an operation sees of the server: declared here, provided by `server`. */
import type { ManagedObject } from '#objects/managed-object';
import type { MadeObject, NewObject } from '#objects/new-object';
import type { ObjectStructure } from '#objects/object-structure';
import type { StorageStatus } from '#objects/storage-status';
import type { Instance } from '#objects/attributes/attribute-codec';
import type { CreationRules } from '#objects/creation-rules';
import type { EnumerationValue, OpenValue } from '#protocol/enumerations';
import type { CryptographicParameters, ObjectReference } from '#protocol/structures';
import type { TaskInput, TaskName, TaskOutput } from '#workers/tasks';
import type { Rules, WireVersion } from '#protocol/versions';
import type { ObjectRight } from './rights.ts';

/** An object that the caller may use in the way it asked for, its state as the clock has it now. */
export interface Loaded {
  readonly object: ManagedObject;
  /** Bytes that it takes in the store, its material among them. */
  readonly room: number;
  /**
   * The object with its material, opened for this use, and wiped when its item failed, or was answered: whoever copies
   * it wipes the copy. Throws when it is gone.
   */
  openStructure(): ObjectStructure;
}

/** A change of one object, or of the caller's creation rules; the server adds revision, audit record and durability. */
export type ObjectChange =
  /** `inPlaceOf`: whose identifier it takes over, and of whom nothing stays. */
  | { readonly create: ManagedObject; readonly material?: Uint8Array; readonly inPlaceOf?: Loaded }
  /**
   * `material: null` destroys it; absent leaves it as it is. `lasting` makes what stays of the change when its batch is
   * undone.
   */
  | {
      readonly update: Loaded;
      readonly to: ManagedObject;
      readonly material?: Uint8Array | null;
      readonly lasting?: Lasting;
    }
  /** Nothing stays. */
  | { readonly remove: Loaded }
  /** What the caller lays down from now on, in place of what it has. */
  | { readonly rules: CreationRules }
  /** What the authority has certified, held by this object: it stays on record when the object is gone. */
  | { readonly issued: Uint8Array; readonly object: string }
  /**
   * The certificate of this object is revoked: when the authority has certified it for the caller, its revocation list
   * says so.
   */
  | { readonly revoked: ManagedObject; readonly reason: OpenValue<'RevocationReasonCode'> };

/** Applied to the object as it is then; the same object when there is nothing to do. */
export type Lasting = (object: ManagedObject) => ManagedObject;

/** What the operation says of a new object; the identifier is a new one, unless it is given. */
export type NewObjectOfCaller = Omit<NewObject, 'id' | 'owner' | 'now'> & { readonly id?: string };

export interface ObjectQuery {
  /** What must match, all of it; an empty list matches every object of the caller. */
  readonly instances: readonly Instance[];
  /** Where they may lie; on-line only when absent. */
  readonly storage?: readonly StorageStatus[];
}

export interface Context {
  readonly version: WireVersion;
  readonly rules: Rules;
  /** The caller's client record. */
  readonly clientId: string;
  readonly server: ServerFacts;
  /** What this server truly has in this version, for Query. */
  readonly offered: Offered;
  readonly interopSession: InteropSession;
  /** Seconds since 1970, the same throughout one batch item. */
  now(): number;
  random(length: number): Uint8Array;
  /** Wipes secret bytes that the operation has made, when the item failed, or was answered. */
  wipeLater(bytes: Uint8Array): void;
  /** An object of the caller's, with what every object has from its beginning. It is kept by `commitNewObjects`. */
  newObject(from: NewObjectOfCaller): MadeObject;
  /** A new identifier: a UUID that sorts by its time. */
  newIdentifier(): string;
  /**
   * The only way to hold an object: by its identifier, by what an earlier item of the batch made, or (undefined) the ID Placeholder.
   * @throws KmipError ObjectNotFound also when the caller may not know of it; ObjectArchived but for the right to
   * 'archive'.
   */
  load(reference: ObjectReference | undefined, right: ObjectRight): Promise<Loaded>;
  /** Whether there is an object with this identifier, be it of another client: Import takes no second one. */
  isTaken(id: string): Promise<boolean>;
  /** The caller's objects that match, the newest first. */
  find(query: ObjectQuery): AsyncIterable<Loaded>;
  /** What the caller has laid down for the objects that it makes. */
  creationRules(): Promise<CreationRules>;
  /**
   * All or nothing, durable when it resolves; the audit record travels along.
   * @throws KmipError ConstraintViolation when a new object is not as the caller's constraints demand.
   */
  commit(changes: readonly ObjectChange[]): Promise<void>;
  /** Sets or, with undefined, empties the ID Placeholder (2.1 §6.1, 1.4 §4). */
  setPlaceholder(id: string | undefined): void;
  /**
   * Does what may take long, such as making a key pair: at once when it is cheap, else in a worker thread, the clients
   * in turn. The input stays the operation's, to wipe; so does the output. After work of a thread `commit` refuses to
   * keep anything for a client that has left.
   * @throws KmipError as the task does; OperationCanceledByRequester when the client has left before its turn.
   */
  heavily<N extends TaskName>(task: N, input: TaskInput<N>): Promise<TaskOutput<N>>;
  /** Counts work that may be long; awaited, it gives others a turn when there was enough of it. */
  pace(work: number): Promise<void> | undefined;
  /**
   * Does a millisecond or two of a longer work on the event loop, which others have to themselves afterwards: all
   * clients in turn.
   * @throws KmipError OperationCanceledByRequester when the connection is closed.
   */
  inTurn<T>(work: () => T): Promise<T>;
  /** Refuses what cannot be undone in a batch that may be. @throws KmipError FeatureNotSupported. */
  refuseUndo(what: string): void;
  /** Of the caller's connection. @throws KmipError as `refuseUndo` does. */
  readonly streams: Streams;
  /** @throws KmipError FeatureNotSupported when the server has none. */
  readonly authority: CertificateAuthority;
  /** Puts a client's text into the log (Log, 2.1 §6.1.29). */
  log(message: string): void;
}

/** The authority of what clients have certified. Certificates are X.509 in DER. */
export interface CertificateAuthority {
  /** The server's authorities, where chains may end. */
  readonly certificates: readonly Uint8Array[];
  /**
   * A certificate to authenticate with as a client, and for no other purpose, under no name of a server; times are
   * seconds since 1970. The server says how long it is valid at most.
   * @throws KmipError InvalidCSR for a request that cannot be granted, InvalidField for everything else.
   */
  certify(holder: CertificateHolder, now: number, notAfter?: number): Uint8Array;
  /** Whether it is revoked: by the administrator, or by the client that it was certified for. */
  hasRevoked(certificate: Uint8Array): Promise<boolean>;
}

export type CertificateHolder =
  /** PKCS#10, as DER or as PEM, or CertReqMessages (RFC 4211). */
  | { readonly request: Uint8Array; readonly format: 'PKCS_10' | 'PEM' | 'CRMF' }
  /** Whoever holds this one. */
  | { readonly certificate: Uint8Array }
  /** SubjectPublicKeyInfo. */
  | { readonly publicKey: Uint8Array; readonly commonName: string };

export interface Offered {
  readonly operations: readonly EnumerationValue<'Operation'>[];
  readonly objectTypes: readonly EnumerationValue<'ObjectType'>[];
  readonly profiles: readonly EnumerationValue<'ProfileName'>[];
  readonly protectionStorageMask: number;
}

/** Interop's memory of one client (2.1 §6.1.26). */
export interface InteropSession {
  begin(): void;
  /** Objects with larger identifiers were made since Begin; undefined when there was none. */
  since(): string | undefined;
}

/** What Query and the like say of this server; the operations themselves are in the list. */
export interface ServerFacts {
  readonly vendorIdentification: string;
  readonly productVersion: string;
  readonly interop: boolean;
}

/** What takes the parts of the data in turn, and holds what it must remember between them. */
export interface Work<A extends object> {
  /**
   * What of the answer there is after this part; may throw KmipError only. Nothing comes after the last one. `context`
   * is that of the part.
   */
  take(data: Uint8Array, isLast: boolean, proof: Uint8Array | undefined, context: Context): A | Promise<A>;
  /** Wipes what it remembers: after the last part, or when none comes any more. */
  end?(): void;
}

export interface Stream {
  readonly operation: EnumerationValue<'Operation'>;
  /** The identifier of the key; a hash has none. */
  readonly key?: string | undefined;
  readonly parameters: CryptographicParameters;
  readonly initial: Initial;
  readonly work: Work<object>;
}

/** What comes with the first part, such as an IV/Counter/Nonce, by field: later ones may only repeat it. */
export type Initial = Readonly<Record<string, Uint8Array | undefined>>;

/** The streams of one connection, by their Correlation Values. They end with it, and some time after their last part. */
export interface Streams {
  /** Under a new Correlation Value. @throws KmipError ServerLimitExceeded when there are too many. */
  begin(stream: Stream): Uint8Array;
  /** @throws KmipError InvalidCorrelationValue when this connection has no such stream, or not any more. */
  find(correlationValue: Uint8Array): Stream;
  /** Its time begins anew. @throws KmipError as `find` does. */
  renew(correlationValue: Uint8Array): void;
  /** Ends its work too. */
  end(correlationValue: Uint8Array): void;
  /** For what the streams hold of the client's data. */
  readonly room: StreamRoom;
}

/** Bytes that streams hold, of one client and of all. */
export interface StreamRoom {
  /** @throws KmipError ServerLimitExceeded when there are not so many: nothing is taken then. */
  take(bytes: number): void;
  release(bytes: number): void;
}
