/** The tests here are worth what the caller notices: each fault of an answer that has broken a client must break it. */
import { expect } from 'chai';
import { bool, enumerated, int, struct, text } from '#test/fixtures/items';
import type { Item } from '#ttlv/index';
import { demand } from './caller.ts';

const faults: readonly [what: string, item: Item, version: string][] = [
  ['a tag of a later version', struct('ResponseHeader', text('ServerCorrelationValue', 's')), '1.3'],
  ['a tag of an earlier version', struct('ResponsePayload', struct('TemplateAttribute')), '2.0'],
  ['a tag of nobody', struct('ResponsePayload', { ...int('BatchCount', 1), tag: 0x42fff0 }), '2.1'],
  ['a value of a later version', struct('ResponsePayload', enumerated('ObjectType', 'PGPKey')), '1.1'],
  ['a reason of a later version', struct('BatchItem', enumerated('ResultReason', 'ObjectNotFound')), '1.4'],
  ['a type that the tag does not have', struct('ResponsePayload', int('LeaseTime', 3600)), '1.0'],
  [
    'an attribute of a later version',
    struct('Attribute', text('AttributeName', 'Fresh'), bool('AttributeValue', true)),
    '1.0',
  ],
  ['an attribute that nobody defined', struct('Attribute', text('AttributeName', 'Freshness')), '1.4'],
  ['a message that is not ASCII', struct('BatchItem', text('ResultMessage', 'no \u2014 never')), '1.0'],
];

describe('the caller of these tests', () => {
  for (const [what, item, version] of faults) {
    it(`notices ${what}`, () => {
      expect(() => demand(item, version)).to.throw();
    });
  }

  it('takes what is right', () => {
    demand(struct('ResponseHeader', text('ServerCorrelationValue', 's')), '1.4');
    demand(struct('Attribute', text('AttributeName', 'Fresh'), bool('AttributeValue', true)), '1.1');
    demand(struct('Attribute', text('AttributeName', 'x-mine'), text('AttributeValue', '\u2014')), '1.0');
  });
});
