/** Every operation, in the order of the specification (KMIP 2.1 §6.1). */
import { create } from './create.ts';
import { get } from './get.ts';
import type { Operation } from './operation.ts';

const list = [create, get];

/** As generic code sees them. */
export const operations: readonly Operation[] = list as unknown as readonly Operation[];

const byCode = new Map(operations.map((each) => [each.code, each]));
export const operationByCode = (code: number): Operation | undefined => byCode.get(code);
