/** Every operation, in the order of the specification (KMIP 2.1 §6.1). */
import type { Schema } from '#protocol/fields';
import { activate } from './activate.ts';
import { addAttribute } from './add-attribute.ts';
import { adjustAttribute } from './adjust-attribute.ts';
import { check } from './check.ts';
import { create } from './create.ts';
import { deleteAttribute } from './delete-attribute.ts';
import { destroy } from './destroy.ts';
import { discoverVersions } from './discover-versions.ts';
import { get } from './get.ts';
import { getAttributes } from './get-attributes.ts';
import { getAttributeList } from './get-attribute-list.ts';
import { interop } from './interop.ts';
import { locate } from './locate.ts';
import { log } from './log.ts';
import { modifyAttribute } from './modify-attribute.ts';
import type { Operation } from './operation.ts';
import { ping } from './ping.ts';
import { query } from './query.ts';
import { register } from './register.ts';
import { revoke } from './revoke.ts';
import { setAttribute } from './set-attribute.ts';

const list = [
  activate,
  addAttribute,
  adjustAttribute,
  check,
  create,
  deleteAttribute,
  destroy,
  discoverVersions,
  get,
  getAttributes,
  getAttributeList,
  interop,
  locate,
  log,
  modifyAttribute,
  ping,
  query,
  register,
  revoke,
  setAttribute,
];

/** The names of the operations that are served: a table of them that lacks one does not compile. */
export type ServedOperation = (typeof list)[number]['name'];

/** As generic code sees them. */
export const operations: readonly Operation[] = list as unknown as readonly Operation[];

export type FoundOperation = Operation<Schema, Schema, ServedOperation>;
const byCode = new Map(operations.map((each) => [each.code, each as FoundOperation]));
export const operationByCode = (code: number): FoundOperation | undefined => byCode.get(code);
