/** A cryptographic service with a key, for the whole data or for a part of it. */
import type { ObjectType } from '#objects/attributes/attributes';
import { protects, type Purpose } from '#objects/use';
import { bytes } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import type { ResultReason } from '#protocol/kmip-error';
import {
  cryptographicParameters,
  objectReference,
  type CryptographicParameters,
  type ObjectReference,
} from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Context, Initial, Loaded, Work } from '#operations/context';
import type { OperationName } from '#operations/operation';
import { inParts, type Part, type PartRequest } from './streams.ts';
import { loadToUse, parametersInUse } from '#operations/key-material/usable-key';
import { chargeUse } from './usage-charge.ts';

/** The first rows of every such request: the key, how it is used, and the data. */
export const keyedFields = {
  uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
  cryptographicParameters: optional(Tag.CryptographicParameters, cryptographicParameters),
  data: optional(Tag.Data, bytes),
};

export interface KeyedRequest extends PartRequest {
  readonly uniqueIdentifier?: ObjectReference | undefined;
}

export interface KeyedService<A extends object> {
  readonly purpose: Purpose;
  /** The types that the key may have. */
  readonly types: readonly ObjectType[];
  readonly initial?: Initial;
  begin(loaded: Loaded, parameters: CryptographicParameters, part: Part): Work<A>;
  /** The bytes that count against Usage Limits; the length of Data when absent. */
  readonly length?: number;
  /**
   * The reason when the limits are reached. Absent means Permission Denied: "If the allocation is unable to be obtained
   * the operation SHALL return with ... Permission Denied" (2.1 §6.1.17, §6.1.55; CS-BC-M-7), although the error tables
   * have Usage Limit Exceeded.
   */
  readonly limitReason?: ResultReason;
}

/**
 * The answer, with the identifier of the key. A later part may leave the identifier out: its Correlation Value
 * identifies the key.
 * @throws KmipError as `loadToUse` and `inParts` do; the reason for Usage Limits that are reached.
 */
export async function serveWithKey<A extends object>(
  operation: OperationName,
  request: KeyedRequest,
  context: Context,
  {
    purpose,
    types,
    initial,
    begin,
    length = request.data?.length ?? 0,
    limitReason = 'PermissionDenied',
  }: KeyedService<A>,
): Promise<A & { readonly uniqueIdentifier: string; readonly correlationValue?: Uint8Array }> {
  let key = '';
  const answer = await inParts<A>(operation, request, context, async (begun) => {
    const loaded = await loadToUse(request.uniqueIdentifier ?? begun?.key, purpose, context, types);
    key = loaded.object.id;
    const parameters = parametersInUse(loaded, request.cryptographicParameters);
    return {
      key,
      parameters,
      ...(initial === undefined ? {} : { initial }),
      begin: (part) => begin(loaded, parameters, part),
      async charge({ isFirst }) {
        if (!protects(purpose)) return;
        const { object } = loaded;
        const charge = { bytes: length, objects: isFirst ? 1 : 0, refusal: limitReason } as const;
        const attributes = chargeUse(object.attributes, charge, context);
        if (attributes === object.attributes) return;
        await context.commit([{ update: loaded, to: { ...object, attributes } }]);
      },
    };
  });
  return { uniqueIdentifier: key, ...answer };
}
