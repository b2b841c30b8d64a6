/**
 * Keys in the group of a prime field: DSA (RFC 3279 §2.3.2) and DH (PKCS#3, and RFC 3279 §2.3.3 where the subgroup is
 * known).
 */
import type { AsnType } from 'asn1js';
import type { Group, GroupPrivateKey, GroupPublicKey } from './asymmetric-key.ts';
import { childrenOf, integer, integerOf, integers, integersOf, readDer, sequence, toDer } from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import type { Contents, ContentsOf } from './key-contents.ts';

const idDsa = '1.2.840.10040.4.1';
const dhKeyAgreement = '1.2.840.113549.1.3.1';
const dhPublicNumber = '1.2.840.10046.2.1';

/** How the parameters of an AlgorithmIdentifier encode a group. */
interface GroupForm {
  owns(identifier: string): boolean;
  read(contents: Contents): Group;
  write(group: Group): Omit<Contents, 'key'>;
}

const dsaForm: GroupForm = {
  owns: (identifier) => identifier === idDsa,
  read({ parameters }) {
    const [p, q, g, more] = integersOf(parameters, 'the parameters of the DSA key');
    if (p === undefined || q === undefined || g === undefined || more !== undefined) {
      throw invalidField('the parameters of the DSA key must be p, q and g');
    }
    return { p, q, g };
  },
  write: ({ p, q = 0n, g }) => ({ oid: idDsa, parameters: integers(p, q, g) }),
};

const dhForm: GroupForm = {
  owns: (identifier) => identifier === dhKeyAgreement || identifier === dhPublicNumber,
  read({ oid: identifier, parameters }) {
    const what = 'the parameters of the DH key';
    const [first, second, third, fourth] = childrenOf(parameters, what);
    const p = integerOf(first, what);
    // PKCS#3 has g, and perhaps the length of the secret; X9.42 has g, q, perhaps j and how the group was made.
    if (identifier === dhKeyAgreement) return { p, g: integerOf(second, what) };
    const j = fourth !== undefined && isInteger(fourth) ? integerOf(fourth, what) : undefined;
    return { p, g: integerOf(second, what), q: integerOf(third, what), j };
  },
  write: ({ p, q, g, j }) =>
    q === undefined
      ? { oid: dhKeyAgreement, parameters: integers(p, g) }
      : { oid: dhPublicNumber, parameters: sequence(...[p, g, q, ...(j === undefined ? [] : [j])].map(integer)) },
};

/** Universal tag 2 (X.690 §8.3). */
const isInteger = ({ idBlock }: AsnType): boolean => idBlock.tagClass === 1 && idBlock.tagNumber === 2;

function contentsOf<F extends 'DSA' | 'DH'>(
  family: F,
  form: GroupForm,
): ContentsOf<GroupPublicKey<F>, GroupPrivateKey<F>> {
  const what = `the ${family} key`;
  const number = (bytes: Uint8Array): bigint => integerOf(readDer(bytes, what), what);
  return {
    owns: (identifier) => form.owns(identifier),
    readPublic: (contents) => ({ family, half: 'public', group: form.read(contents), y: number(contents.key) }),
    readPrivate: (contents) => ({ family, half: 'private', group: form.read(contents), x: number(contents.key) }),
    writePublic: ({ group, y }) => ({ ...form.write(group), key: toDer(integer(y)) }),
    writePrivate: ({ group, x }) => ({ ...form.write(group), key: toDer(integer(x)) }),
  };
}

export const dsaContents = contentsOf('DSA', dsaForm);
export const dhContents = contentsOf('DH', dhForm);
