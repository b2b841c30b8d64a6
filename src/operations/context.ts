/** The interface of the server to operations: declared in this ring, implemented by `server`. */
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

/** An object that the caller may use with the requested right, with its state at this time. */
export interface Loaded {
  readonly object: ManagedObject;
  /** The bytes that it takes in the store, including its material. */
  readonly room: number;
  /**
   * The object with its material, opened for this use. The server wipes the material when the item has failed or was
   * answered; the caller wipes copies. Throws when the object is gone.
   */
  openStructure(): ObjectStructure;
}

/**
 * A change of one object, or of the caller's creation rules. The server adds revision and audit record, and makes it
 * durable.
 */
export type ObjectChange =
  /** `inPlaceOf`: the object whose identifier the new one takes over; nothing of that object remains. */
  | { readonly create: ManagedObject; readonly material?: Uint8Array; readonly inPlaceOf?: Loaded }
  /**
   * `material: null` destroys the material; absent leaves it unchanged. `lasting` gives the part of the change that
   * remains when the batch is undone.
   */
  | {
      readonly update: Loaded;
      readonly to: ManagedObject;
      readonly material?: Uint8Array | null;
      readonly lasting?: Lasting;
    }
  /** Removes the object completely. */
  | { readonly remove: Loaded }
  /** The caller's new creation rules, which replace the existing ones. */
  | { readonly rules: CreationRules }
  /**
   * A certificate that the authority has issued, stored in this object: it stays on record when the object is removed.
   */
  | { readonly issued: Uint8Array; readonly object: string }
  /**
   * The certificate of this object is revoked. If the authority has issued it for the caller, it is added to the
   * revocation list.
   */
  | { readonly revoked: ManagedObject; readonly reason: OpenValue<'RevocationReasonCode'> };

/** Applied to the object as it is at that time; returns the same object when there is nothing to do. */
export type Lasting = (object: ManagedObject) => ManagedObject;

/** What the operation says of a new object; the identifier is a new one, unless it is given. */
export type NewObjectOfCaller = Omit<NewObject, 'id' | 'owner' | 'now'> & { readonly id?: string };

export interface ObjectQuery {
  /** Attributes that must all match; an empty list matches every object of the caller. */
  readonly instances: readonly Instance[];
  /** Where the objects may be stored; on-line storage only when absent. */
  readonly storage?: readonly StorageStatus[];
}

export interface Context {
  readonly version: WireVersion;
  readonly rules: Rules;
  /** The caller's client record. */
  readonly clientId: string;
  readonly server: ServerFacts;
  /** What this server offers in this version, for Query. */
  readonly offered: Offered;
  readonly interopSession: InteropSession;
  /** Seconds since 1970; the same during one batch item. */
  now(): number;
  random(length: number): Uint8Array;
  /** Wipes secret bytes that the operation has made, after the item has failed or was answered. */
  wipeLater(bytes: Uint8Array): void;
  /** An object of the caller's, with what every object has from its beginning. It is kept by `commitNewObjects`. */
  newObject(from: NewObjectOfCaller): MadeObject;
  /** A new identifier: a UUID whose order is that of its time. */
  newIdentifier(): string;
  /**
   * The only way to load an object: by its identifier, by the result of an earlier item of the batch, or (undefined) by
   * the ID Placeholder.
   * @throws KmipError ObjectNotFound, also for an object that the caller may not know of; ObjectArchived, except for
   * the right 'archive'.
   */
  load(reference: ObjectReference | undefined, right: ObjectRight): Promise<Loaded>;
  /** Whether an object with this identifier exists, also one of another client: Import refuses a second one. */
  isTaken(id: string): Promise<boolean>;
  /** The caller's objects that match, the newest first. */
  find(query: ObjectQuery): AsyncIterable<Loaded>;
  /** The caller's rules for new objects. */
  creationRules(): Promise<CreationRules>;
  /**
   * Commits all changes or none, together with the audit record; durable when it resolves.
   * @throws KmipError ConstraintViolation when a new object does not meet the caller's constraints.
   */
  commit(changes: readonly ObjectChange[]): Promise<void>;
  /** Sets or, with undefined, empties the ID Placeholder (2.1 §6.1, 1.4 §4). */
  setPlaceholder(id: string | undefined): void;
  /**
   * Runs work that may take long, such as making a key pair: immediately when it is cheap, else in a worker thread,
   * with clients in turn. The operation wipes the input and the output. After work in a thread, `commit` refuses to
   * store anything for a client that has disconnected.
   * @throws KmipError as the task does; OperationCanceledByRequester when the client has disconnected before its turn.
   */
  heavily<N extends TaskName>(task: N, input: TaskInput<N>): Promise<TaskOutput<N>>;
  /** Counts work that may take long. When enough was counted, the promise gives other clients a turn. */
  pace(work: number): Promise<void> | undefined;
  /**
   * Does one or two milliseconds of longer work on the event loop, with all clients in turn.
   * @throws KmipError OperationCanceledByRequester when the connection is closed.
   */
  inTurn<T>(work: () => T): Promise<T>;
  /** Refuses an effect that cannot be undone when the batch may be undone. @throws KmipError FeatureNotSupported. */
  refuseUndo(what: string): void;
  /** Of the caller's connection. @throws KmipError as `refuseUndo` does. */
  readonly streams: Streams;
  /** @throws KmipError FeatureNotSupported when the server has none. */
  readonly authority: CertificateAuthority;
  /** Puts a client's text into the log (Log, 2.1 §6.1.29). */
  log(message: string): void;
}

/** The authority that issues certificates for clients. Certificates are X.509 in DER. */
export interface CertificateAuthority {
  /** The server's authorities, where chains may end. */
  readonly certificates: readonly Uint8Array[];
  /**
   * A certificate for client authentication only, without a server name; times are seconds since 1970. The server
   * limits its validity.
   * @throws KmipError InvalidCSR for a request that cannot be granted, InvalidField for everything else.
   */
  certify(holder: CertificateHolder, now: number, notAfter?: number): Uint8Array;
  /** Whether it is revoked by the administrator, or by the client for which it was issued. */
  hasRevoked(certificate: Uint8Array): Promise<boolean>;
}

export type CertificateHolder =
  /** PKCS#10, as DER or as PEM, or CertReqMessages (RFC 4211). */
  | { readonly request: Uint8Array; readonly format: 'PKCS_10' | 'PEM' | 'CRMF' }
  /** The holder of this certificate. */
  | { readonly certificate: Uint8Array }
  /** SubjectPublicKeyInfo. */
  | { readonly publicKey: Uint8Array; readonly commonName: string };

export interface Offered {
  readonly operations: readonly EnumerationValue<'Operation'>[];
  readonly objectTypes: readonly EnumerationValue<'ObjectType'>[];
  readonly profiles: readonly EnumerationValue<'ProfileName'>[];
  readonly protectionStorageMask: number;
}

/** The state of Interop for one client (2.1 §6.1.26). */
export interface InteropSession {
  begin(): void;
  /** Objects with larger identifiers were made since Begin; undefined without a Begin. */
  since(): string | undefined;
}

/** Facts about this server for Query and similar operations; the operations are in the registry. */
export interface ServerFacts {
  readonly vendorIdentification: string;
  readonly productVersion: string;
  readonly interop: boolean;
}

/** Receives the parts of the data in turn, and keeps state between them. */
export interface Work<A extends object> {
  /**
   * The part of the answer that is available after this part of the data. It throws only KmipError. There is no call
   * after the last part. `context` is that of the part.
   */
  take(data: Uint8Array, isLast: boolean, proof: Uint8Array | undefined, context: Context): A | Promise<A>;
  /** Wipes its state: after the last part, or when no further part will come. */
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

/** Fields of the first part, such as IV/Counter/Nonce: later parts may only repeat them. */
export type Initial = Readonly<Record<string, Uint8Array | undefined>>;

/**
 * The streams of one connection, by their Correlation Values. They end with the connection, and some time after their
 * last part.
 */
export interface Streams {
  /** Starts a stream under a new Correlation Value. @throws KmipError ServerLimitExceeded when there are too many. */
  begin(stream: Stream): Uint8Array;
  /** @throws KmipError InvalidCorrelationValue when this connection has no stream with this value, or no longer. */
  find(correlationValue: Uint8Array): Stream;
  /** Restarts its time. @throws KmipError as `find` does. */
  renew(correlationValue: Uint8Array): void;
  /** Ends its work too. */
  end(correlationValue: Uint8Array): void;
  /** Counts the bytes of the client's data that streams keep. */
  readonly room: StreamRoom;
}

/** The bytes that streams keep, for one client and for all. */
export interface StreamRoom {
  /** @throws KmipError ServerLimitExceeded when there are not enough; then none are taken. */
  take(bytes: number): void;
  release(bytes: number): void;
}
