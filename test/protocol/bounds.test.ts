import { expect } from 'chai';
import { operations } from '#operations/registry/served';
import { asAnswered, atMost, atMostDistinct } from '#protocol/bounds';
import { integer, text } from '#protocol/codecs';
import { many, structure, type AnyField, type Schema } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { atRest, V2_1 } from '#protocol/versions';
import { ItemType, type Item } from '#ttlv/item';
import { refusal } from './refusal.ts';

const listed = (...values: readonly Item[]): Item => ({
  tag: Tag.RequestPayload,
  type: ItemType.Structure,
  value: values,
});
const named = (value: string): Item => ({ tag: Tag.NameValue, type: ItemType.TextString, value });
const counted = (value: number): Item => ({ tag: Tag.BatchCount, type: ItemType.Integer, value });

describe('the bound of a list', () => {
  const sample = structure('Sample', {
    name: many(Tag.NameValue, text, atMostDistinct(2)),
    count: many(Tag.BatchCount, integer, atMost(3, 'ServerLimitExceeded')),
  });

  it('lets so many values through, and names field and number at one more', () => {
    const three = [counted(1), counted(1), counted(1)];
    expect(sample.read(listed(...three), V2_1).count).to.deep.equal([1, 1, 1]);
    expect(refusal(() => sample.read(listed(...three, counted(1)), V2_1))).to.deep.equal([
      'ServerLimitExceeded',
      'Batch Count must be given at most 3 times',
    ]);
  });

  it('is looked at before the value above it is read', () => {
    const unreadable: Item = { tag: Tag.NameValue, type: ItemType.Integer, value: 1 };
    const [, message] = refusal(() => sample.read(listed(named('a'), named('b'), unreadable), V2_1));
    expect(message).to.equal('Name Value must be given at most 2 times');
  });

  it('may demand that no value comes twice', () => {
    expect(sample.read(listed(named('a'), named('A')), V2_1).name).to.deep.equal(['a', 'A']);
    expect(refusal(() => sample.read(listed(named('a'), named('a')), V2_1))).to.deep.equal([
      'InvalidField',
      'Name Value must not be given twice with one value',
    ]);
  });

  it('holds for no record of the store', () => {
    const names = ['a', 'a', 'a'].map(named);
    expect(sample.read(listed(...names), atRest).name).to.deep.equal(['a', 'a', 'a']);
  });

  const withoutBound = (schema: Schema, where: string): string[] =>
    Object.entries(schema).flatMap(([key, field]: [string, AnyField]) => {
      const inner = 'schema' in field.codec ? withoutBound(field.codec.schema as Schema, `${where}.${key}`) : [];
      const bound = field.group?.bound ?? field.bound;
      return bound?.most === asAnswered.most ? [`${where}.${key}`, ...inner] : inner;
    });

  it('is there for every list of every request', () => {
    const lists = operations.flatMap(({ name, request }) => withoutBound(request, name));
    expect(lists).to.deep.equal([]);
  });
});
