/** Tags of our own: each has one meaning where it stands, and no version has any of them on a wire. */
import { expect } from 'chai';
import { privateTags } from '#objects/private-tags';
import { tags } from '#protocol/tags';

describe('private tags', () => {
  const rows = Object.values(privateTags);

  it('have one meaning in one place', () => {
    const places = rows.map(({ tag, within }) => `${tag.toString(16)} within ${within}`);
    expect(places).to.deep.equal([...new Set(places)]);
  });

  it('are of the range for extensions, and have no name on a wire', () => {
    const standard = new Set<number>(Object.values(tags).map(({ code }) => code));
    expect(rows.filter(({ tag }) => tag < 0x540000 || tag > 0x54ffff || standard.has(tag))).to.deep.equal([]);
  });
});
