/** Which values of which attributes are there: asked of a set, however many they are. */
import type { Instance } from './attribute-codec.ts';
import type { AttributeKey } from './attributes.ts';
import { valueKey } from '#objects/value-key';

export class InstanceSet {
  readonly #values = new Map<AttributeKey, Set<string>>();

  add(instances: readonly Instance[]): void {
    for (const { key, value } of instances) {
      const values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, new Set([valueKey(value)]));
      else values.add(valueKey(value));
    }
  }

  /** With this value. */
  has({ key, value }: Instance): boolean {
    return this.#values.get(key)?.has(valueKey(value)) === true;
  }

  /** With any value; of custom attributes, of whatever name. */
  hasAttribute({ key }: Pick<Instance, 'key'>): boolean {
    return this.#values.has(key);
  }
}
