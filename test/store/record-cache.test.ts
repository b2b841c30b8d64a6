import { expect } from 'chai';
import { RecordCache } from '#store/record-cache';

describe('the record cache', () => {
  const entry = (weight: number) => ({ weight });

  it('drops what was not asked for longest when it is full', () => {
    const cache = new RecordCache(30);
    for (const id of ['a', 'b', 'c']) cache.set('note', id, entry(10));
    cache.get('note', 'a');
    cache.set('note', 'd', entry(10));
    expect(['a', 'b', 'c', 'd'].filter((id) => cache.get('note', id))).to.deep.equal(['a', 'c', 'd']);
  });

  it('drops as many as a heavy one takes', () => {
    const cache = new RecordCache(30);
    for (const id of ['a', 'b', 'c']) cache.set('note', id, entry(10));
    cache.set('note', 'd', entry(25));
    expect(['a', 'b', 'c', 'd'].filter((id) => cache.get('note', id))).to.deep.equal(['d']);
  });

  it('does not keep what is heavier than all of it, nor the older entry in its place', () => {
    const cache = new RecordCache(30);
    cache.set('note', 'a', entry(10));
    cache.set('note', 'a', entry(31));
    expect(cache.get('note', 'a')).to.equal(undefined);
  });

  it('reckons a replaced or deleted entry once', () => {
    const cache = new RecordCache(30);
    for (let again = 0; again < 10; again++) cache.set('note', 'a', entry(10));
    cache.set('note', 'b', entry(10));
    cache.delete('note', 'b');
    cache.delete('note', 'b');
    cache.set('note', 'c', entry(20));
    expect(['a', 'b', 'c'].filter((id) => cache.get('note', id))).to.deep.equal(['a', 'c']);
  });

  it('keeps kinds apart', () => {
    const cache = new RecordCache(30);
    cache.set('note', 'a', entry(10));
    expect(cache.get('letter', 'a')).to.equal(undefined);
    cache.clear();
    expect(cache.get('note', 'a')).to.equal(undefined);
  });
});
