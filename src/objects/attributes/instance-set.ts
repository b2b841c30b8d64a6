/**
 * Sets of attribute values, and the rules by which values of another set join them. The question is answered from sets,
 * however many values there are.
 */
import { KmipError } from '#protocol/kmip-error';
import { valueKey } from '#objects/value-key';
import type { Instance } from './attribute-codec.ts';
import { referenceId, referenceText } from './attribute-reference.ts';
import { attributeRow, type AttributeKey } from './attributes.ts';

/**
 * 'union': single values give way to those that are there; "for multi-instance attributes, the union of attribute
 * values is used" (1.4 §4). 'agreement': the same, but a single value that differs is refused. 'absent': only values of
 * attributes that have none, custom attributes distinguished by their names.
 */
export type MergeRule = 'union' | 'agreement' | 'absent';

export class InstanceSet {
  readonly #references = new Set<string>();
  readonly #values = new Map<AttributeKey, Set<string>>();
  /** Added, and not among the values yet: they may never be asked for. */
  #added: Instance[] = [];

  constructor(instances: readonly Instance[] = []) {
    this.add(instances);
  }

  add(instances: readonly Instance[]): void {
    for (const instance of instances) {
      this.#references.add(referenceId(instance));
      this.#added.push(instance);
    }
  }

  /** Those that join the set by the rule, as it is before any of them did. @throws KmipError InvalidAttributeValue. */
  joining(instances: readonly Instance[], rule: MergeRule): Instance[] {
    return instances.filter((each) => this.admits(each, rule));
  }

  admits(instance: Instance, rule: MergeRule): boolean {
    if (rule === 'absent') return !this.#references.has(referenceId(instance));
    const values = this.#valuesOf(instance.key);
    if (values === undefined) return true;
    if (values.has(valueKey(instance.value))) return false;
    if (attributeRow(instance.key).multiple) return true;
    if (rule === 'union') return false;
    throw new KmipError(
      'InvalidAttributeValue',
      `${referenceText(instance)} must not be given twice with different values`,
    );
  }

  #valuesOf(key: AttributeKey): ReadonlySet<string> | undefined {
    for (const { key: added, value } of this.#added) {
      const values = this.#values.get(added);
      if (values === undefined) this.#values.set(added, new Set([valueKey(value)]));
      else values.add(valueKey(value));
    }
    this.#added = [];
    return this.#values.get(key);
  }
}
