/** The operations of `index.ts` as generic code sees them. */
import type { Schema } from '#protocol/fields';
import * as all from './index.ts';
import type { Operation } from '#operations/operation';

/** The names of the operations that are served: a table of them that lacks one does not compile. */
export type ServedOperation = (typeof all)[keyof typeof all]['name'];

export type FoundOperation = Operation<Schema, Schema, ServedOperation>;

/** By name: so the names of a module come, and so the specification has them. */
export const operations = Object.values(all) as unknown as readonly FoundOperation[];

const byName = new Map<string, FoundOperation>(operations.map((each) => [each.name, each]));
export const operationByName = (name: string): FoundOperation | undefined => byName.get(name);

const byCode = new Map(operations.map((each) => [each.code, each]));
export const operationByCode = (code: number): FoundOperation | undefined => byCode.get(code);
