/** The operations of `index.ts`, typed for generic code. */
import type { Schema } from '#protocol/fields';
import * as all from './index.ts';
import type { Operation } from '#operations/operation';

/** The names of the operations: a table that lacks one of them does not compile. */
export type ServedOperation = (typeof all)[keyof typeof all]['name'];

export type FoundOperation = Operation<Schema, Schema, ServedOperation>;

/** Sorted by name, which is the order of a module's names and of the specification. */
export const operations = Object.values(all) as unknown as readonly FoundOperation[];

const byName = new Map<string, FoundOperation>(operations.map((each) => [each.name, each]));
export const operationByName = (name: string): FoundOperation | undefined => byName.get(name);

const byCode = new Map(operations.map((each) => [each.code, each]));
export const operationByCode = (code: number): FoundOperation | undefined => byCode.get(code);
