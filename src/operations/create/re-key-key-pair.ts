import type { CurveKind } from '#crypto/keys/curves';
import { interval } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { keyIn } from '#operations/key-material/asymmetric-keys';
import type { Context, Loaded } from '#operations/context';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { newKeyPair, pairAsked, pairRequest, pairResponse, type HalfAsked } from '#operations/new-object/new-key-pair';
import { defineOperation } from '#operations/operation';
import { checkReplaceable, inherited, replacedBy } from '#operations/new-object/replacement';

/** KMIP 2.1 §6.1.47 (1.4 §4.5). A new key pair replaces an existing one, each half its counterpart. */
export const reKeyKeyPair = defineOperation('ReKeyKeyPair', {
  rights: ['create', 'modify', 'read'],
  served: 'withinQuotas',
  request: {
    privateKeyUniqueIdentifier: optional(Tag.PrivateKeyUniqueIdentifier, objectReference),
    offset: optional(Tag.Offset, interval),
    ...pairRequest,
  },
  response: pairResponse,

  async run({ privateKeyUniqueIdentifier: reference, offset, ...request }, context) {
    const asked = await pairAsked(request, context);
    const privateKey = await context.load(reference, 'modify');
    checkReplaceable(privateKey, 'PrivateKey');
    const publicKey = await publicKeyOf(privateKey, context);
    checkReplaceable(publicKey, 'PublicKey');
    const over = ({ object }: Loaded, { given, format }: HalfAsked): HalfAsked => ({
      given: inherited(object, given, offset, context.now()),
      format,
      like: object.attributes.keyFormatType,
    });
    const made = await newKeyPair(
      { private: over(privateKey, asked.private), public: over(publicKey, asked.public) },
      context,
      curveKindOf(publicKey),
    );
    const [privateId, publicId] = [made.private.object.id, made.public.object.id];
    await commitNewObjects([made.private, made.public], context, [
      replacedBy(privateKey, privateId, context),
      replacedBy(publicKey, publicId, context),
    ]);
    return { privateKeyUniqueIdentifier: privateId, publicKeyUniqueIdentifier: publicId };
  },
});

/** An Ed25519 key may have the algorithm EC, and so may an X25519 key: only the key itself distinguishes them. */
function curveKindOf(publicKey: Loaded): CurveKind | undefined {
  const structure = publicKey.openStructure();
  if (structure.objectType !== 'PublicKey') return undefined;
  const key = keyIn('public', structure.keyBlock, publicKey.object.attributes, atRest);
  return key?.family === 'EC' ? key.curve.kind : undefined;
}

/**
 * The public key: the request names the private key, whose Link leads to it. @throws KmipError PermissionDenied without
 * a Link.
 */
async function publicKeyOf({ object }: Loaded, context: Context): Promise<Loaded> {
  const link = object.attributes.link?.find(({ linkType }) => linkType === 'PublicKeyLink');
  if (link === undefined) {
    throw new KmipError('PermissionDenied', 'the private key has no Link to a public key: the pair cannot be replaced');
  }
  return await context.load(link.linkedObjectIdentifier, 'modify');
}
