/**
 * Everything that an operator can do with a store, one row each: its name, its effect and its function. A door, such as
 * REST, reads this table; the command line has a file for each row.
 */
import { showTrail } from '#administration/audit/trail';
import {
  listCertificates,
  makeRevocationLists,
  renewOwnCertificate,
  revokeCertificate,
} from '#administration/certificates/certificates';
import { addClient, bindClient, renewClient, signClient } from '#administration/clients/enrol';
import { listClients, showClient } from '#administration/clients/look-up';
import { limitClient, revokeClient } from '#administration/clients/manage';
import { giveObject, listObjects, showObject } from '#administration/objects/objects';
import { checkWholeStore, replaceDataKey, replaceRootKey } from '#administration/store/keep';

import type { UseCase } from './use-case.ts';

export const useCases = {
  addClient,
  signClient,
  bindClient,
  renewClient,
  revokeClient,
  limitClient,
  listClients,
  showClient,
  renewOwnCertificate,
  listCertificates,
  revokeCertificate,
  makeRevocationLists,
  listObjects,
  showObject,
  giveObject,
  showTrail,
  checkWholeStore,
  replaceRootKey,
  replaceDataKey,
} as const satisfies Readonly<Record<string, UseCase<never, unknown>>>;
