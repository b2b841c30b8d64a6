/**
 * The second digest of a key, beside that of the stored format: "as well as a digest in the default KMIP Key Format
 * Type" (KMIP 2.1 §4.26, §4.21). Earlier versions have only the first (1.4 §3.17).
 */
import type { AsymmetricKey, KeyFormatType, KeyMaterial } from '#crypto/keys/asymmetric-key';
import { defaultFormat, writeKey } from '#crypto/keys/key-formats';
import type { Attributes } from '#objects/attributes/attributes';
import { materialBytes } from '#objects/material';
import { digestOf } from '#objects/new-object';
import { atRest, rulesOf, type Version } from '#protocol/versions';

type Digests = Pick<Attributes, 'digest'>;

function digestBeside(
  kept: string,
  format: KeyFormatType,
  material: () => KeyMaterial | undefined,
  version: Version,
): Digests {
  const inDefault = kept === format || !rulesOf(version).digestsInDefaultFormat ? undefined : material();
  if (inDefault === undefined) return {};
  const bytes = materialBytes(inDefault);
  try {
    return { digest: [digestOf(bytes, format)] };
  } finally {
    bytes.fill(0);
  }
}

/** `kept` is the stored Key Format Type; the key is undefined when the server cannot read it. */
export const digestOfSymmetric = (kept: string, key: Uint8Array | undefined, version: Version): Digests =>
  digestBeside(kept, 'Raw', () => key, version);

/** Absent when the key lacks numbers that its default format requires. */
export const digestOfAsymmetric = (kept: string, key: AsymmetricKey, version: Version): Digests =>
  digestBeside(kept, defaultFormat(key), () => writeKey(key, defaultFormat(key), atRest), version);
