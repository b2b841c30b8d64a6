/**
 * The random number generator that makes keys, as Query and the attribute of generated keys show it (KMIP 2.1 §4.46,
 * §7.36; 1.4 §3.44).
 */
import type { Attributes } from '#objects/attributes/attributes';
import { KmipError } from '#protocol/kmip-error';
import type { ServerFacts } from '#operations/context';

type RngParameters = NonNullable<Attributes['randomNumberGenerator']>;

/** The generator of OpenSSL under node:crypto: CTR_DRBG with AES-256, one for the process (NIST SP 800-90A). */
const own: RngParameters = {
  rngAlgorithm: 'DRBG',
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
  drbgAlgorithm: 'CTR',
};

/**
 * The value that the official cases of 1.4 and 2.1 require on each generated key (SKFF-M-9 to 12, SKLC-O-1, TL-M-3,
 * AKLC). The text requires the true value, so only a server started for interoperability tests uses this one.
 */
const ofTheCases: RngParameters = {
  rngAlgorithm: 'ANSIX9_31',
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
};

export const generatorOf = ({ interop }: ServerFacts): RngParameters => (interop ? ofTheCases : own);

/**
 * The attribute of a generated key. @throws KmipError CryptographicFailure when the client requests another generator.
 */
export function generatorFor(given: Attributes, server: ServerFacts): Pick<Attributes, 'randomNumberGenerator'> {
  const generator = generatorOf(server);
  const differs = Object.entries(given.randomNumberGenerator ?? {}).some(
    ([field, value]) => value !== undefined && value !== generator[field as keyof RngParameters],
  );
  if (differs) throw new KmipError('CryptographicFailure', 'Random Number Generator must be that of the server');
  return { randomNumberGenerator: generator };
}
