/** Every kind of record, for code that reads the whole store; a test finds missing ones. */
import { authorityKind } from '#access/authority-record';
import { claimKind, clientKind, generationKind } from '#access/client-record';
import { namesKind } from '#access/server-names-record';
import { checkpointKind } from '#audit/chain/checkpoint';
import { pendingKind } from '#audit/pending';
import { creationRulesKind } from '#repository/creation-rules-record';
import { issuedKind } from '#repository/issued-record';
import { objectKind } from '#repository/object-record';
import { leaseKind } from '#store/lease';
import { schemaKind } from '#repository/schema';
import type { Kind } from '#store/store';
import { usageKind, usageWriterKind } from '#repository/usage-record';

export const recordKinds: readonly Kind<unknown>[] = [
  objectKind,
  creationRulesKind,
  issuedKind,
  clientKind,
  claimKind,
  generationKind,
  authorityKind,
  namesKind,
  pendingKind,
  checkpointKind,
  usageKind,
  usageWriterKind,
  leaseKind,
  schemaKind,
];
