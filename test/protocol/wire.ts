/** Parts of messages in spaced hex. */
import type { WireVersion } from '#protocol/versions';

/** Spaced hex of a structure around others, its length counted: `enclose('420078', header, item)`. */
export function enclose(tag: string, ...fields: readonly string[]): string {
  const inner = fields.join(' ');
  const length = inner.replace(/\s/g, '').length / 2;
  return `${tag} 01 ${length.toString(16).padStart(8, '0')} ${inner}`;
}

const byte = (value: number): string => `000000${value.toString(16).padStart(2, '0')}`;
export const version = (major: number, minor: number): string =>
  enclose('420069', `42006a 02 00000004 ${byte(major)} 00000000`, `42006b 02 00000004 ${byte(minor)} 00000000`);
export const versionWire = (of: WireVersion): string => version(Math.floor(of / 256), of % 256);

export const maximum = '420050 02 00000004 00002000 00000000';
export const clientCorrelation = '420105 07 00000001 63 00000000000000';
export const serverCorrelation = '420106 07 00000001 73 00000000000000';
export const asynchronousFlag = '420007 06 00000008 0000000000000001';
export const asynchronousValue = '420007 05 00000004 00000001 00000000';
export const attestationCapable = '4200d3 06 00000008 0000000000000000';
export const attestationType = '4200c7 05 00000004 00000001 00000000';
export const authentication = enclose(
  '42000c',
  enclose(
    '420023',
    '420024 05 00000004 00000001 00000000',
    enclose('420025', '420099 07 00000003 626f62 0000000000', '4200a1 07 00000002 7077 000000000000'),
  ),
);
export const errorOption = '42000e 05 00000004 00000001 00000000';
export const orderOption = '420010 06 00000008 0000000000000001';
export const timeStamp = '420092 09 00000008 0000000047da67f8';
export const count = '42000d 02 00000004 00000001 00000000';

export const activate = '42005c 05 00000004 00000012 00000000';
export const ephemeral = '420154 06 00000008 0000000000000001';
export const batchId = '420093 08 00000002 0a0b 000000000000';
export const payload = enclose('420079', '420094 07 00000001 61 00000000000000');
export const extension = enclose(
  '420051',
  '42009d 07 00000001 76 00000000000000',
  '420026 06 00000008 0000000000000000',
  enclose('42009c', '540001 02 00000004 00000007 00000000'),
);
export const plainItem = enclose('42000f', activate, payload);
