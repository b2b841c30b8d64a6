import { KmipError } from '#protocol/kmip-error';
import type { PartRequest } from './streams.ts';

type DigestibleRequest = PartRequest & { readonly digestedData?: Uint8Array | undefined };

/**
 * The request with its Digested Data, if present, in place of Data: "Yes for single-part, unless Digested Data is
 * supplied" (KMIP 2.1 §6.1.55, §6.1.56).
 * @throws KmipError InvalidField for both fields, and for a digest in a part of a stream.
 */
export function withContent<R extends DigestibleRequest>(request: R): R {
  const { data, digestedData, correlationValue, initIndicator, finalIndicator } = request;
  if (digestedData === undefined) return request;
  const isWhole = correlationValue === undefined && (initIndicator !== true || finalIndicator === true);
  if (data === undefined && isWhole) return { ...request, data: digestedData };
  throw new KmipError('InvalidField', 'Digested Data must not be given with Data, or for one part of a stream');
}
