import { expect } from 'chai';
import { rotation } from '#objects/rotation';

describe('a rotation', () => {
  it('counts from zero, and marks the newest object', () => {
    expect(rotation({}, 100)).to.deep.equal({
      replaced: { rotateDate: 100, rotateGeneration: 0, rotateLatest: false },
      replacement: { rotateGeneration: 1, rotateLatest: true },
    });
  });

  it('passes on what the client said of the whole set', () => {
    const ofSet = {
      rotateName: { rotateNameValue: 'backups', rotateNameType: 'UninterpretedTextString' },
      rotateAutomatic: true,
      rotateInterval: 86_400,
      rotateOffset: 60,
    } as const;
    const { replaced, replacement } = rotation({ ...ofSet, rotateGeneration: 3, rotateLatest: true }, 100);
    expect(replacement).to.deep.equal({ ...ofSet, rotateGeneration: 4, rotateLatest: true });
    expect(replaced).to.deep.equal({ rotateDate: 100, rotateGeneration: 3, rotateLatest: false });
  });

  it('dates an object that is rotated twice by the first time', () => {
    const { replaced } = rotation({ rotateDate: 50, rotateGeneration: 0, rotateLatest: false }, 100);
    expect(replaced.rotateDate).to.equal(50);
  });
});
