/**
 * Which random number generator makes keys here, as Query and the attribute of generated keys tell it (KMIP 2.1
 * §4.46, §7.36; 1.4 §3.44).
 */
import type { Attributes } from '#objects/attributes/attributes';
import { KmipError } from '#protocol/kmip-error';
import type { ServerFacts } from '#operations/context';

type RngParameters = NonNullable<Attributes['randomNumberGenerator']>;

/** OpenSSL's, behind node:crypto: CTR_DRBG with AES-256, one for the process (NIST SP 800-90A). */
const own: RngParameters = {
  rngAlgorithm: 'DRBG',
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
  drbgAlgorithm: 'CTR',
};

/**
 * What the official cases of 1.4 and 2.1 compare exactly on each generated key (SKFF-M-9 to 12, SKLC-O-1, TL-M-3,
 * AKLC). The text asks for the truth, so only a server that was started for interoperability tests says this.
 */
const ofTheCases: RngParameters = {
  rngAlgorithm: 'ANSIX9_31',
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
};

export const generatorOf = ({ interop }: ServerFacts): RngParameters => (interop ? ofTheCases : own);

/**
 * The attribute of a key that is generated here. @throws KmipError CryptographicFailure when the client
 * asks for another generator.
 */
export function generatorFor(given: Attributes, server: ServerFacts): Pick<Attributes, 'randomNumberGenerator'> {
  const generator = generatorOf(server);
  const differs = Object.entries(given.randomNumberGenerator ?? {}).some(
    ([field, value]) => value !== undefined && value !== generator[field as keyof RngParameters],
  );
  if (differs) throw new KmipError('CryptographicFailure', 'Random Number Generator must be that of the server');
  return { randomNumberGenerator: generator };
}
