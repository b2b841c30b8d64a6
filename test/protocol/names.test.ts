import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ItemType, type Item } from '#ttlv/item';
import { readXml, writeXml } from '#ttlv/xml';
import { printText } from '#ttlv/text';
import { names } from '#protocol/names';
import { Tag } from '#protocol/tags';

const attributeName = (value: string): Item => ({ tag: Tag.AttributeName, type: ItemType.TextString, value });

describe('the names of the XML encoding', () => {
  const at = (tag: number, ...siblings: Item[]) => ({ tag, siblings });

  it('find the enumeration of a tag, under its own name or another', () => {
    expect(names.enumerationValue('AES', at(Tag.CryptographicAlgorithm))).to.equal(3);
    expect(names.enumerationValue('SHA_256', at(Tag.MaskGeneratorHashingAlgorithm))).to.equal(6);
    expect(names.enumerationName(1, at(Tag.LinkedObjectIdentifier))).to.equal('IDPlaceholder');
    expect(names.enumerationName(7, at(Tag.ExtensionType))).to.equal('TextString');
  });

  it('take tags and PKCS#11 functions as values where the standard does', () => {
    expect(names.enumerationValue('State', at(Tag.AttributeReference))).to.equal(Tag.State);
    expect(names.enumerationName(Tag.Name, at(Tag.Tag))).to.equal('Name');
    expect(names.enumerationValue('C_GetInfo', at(Tag.PKCS_11Function))).to.equal(3);
    expect(names.enumerationName(68, at(Tag.PKCS_11Function))).to.equal('C_WaitForSlotEvent');
    expect(names.enumerationName(0, at(Tag.PKCS_11ReturnCode))).to.equal('OK');
  });

  it('decide an Attribute Value of 1.x by the Attribute Name before it', () => {
    const mask = attributeName('Cryptographic Usage Mask');
    expect(names.maskBit('Encrypt', at(Tag.AttributeValue, mask))).to.equal(4);
    expect(names.maskName(8, at(Tag.AttributeValue, mask))).to.equal('Decrypt');
    expect(names.enumerationValue('PreActive', at(Tag.AttributeValue, attributeName('State')))).to.equal(1);
    expect(names.enumerationValue('PreActive', at(Tag.AttributeValue, attributeName('x-State')))).to.equal(undefined);
    const vendor: Item = { tag: Tag.VendorIdentification, type: ItemType.TextString, value: 'x' };
    expect(names.enumerationValue('PreActive', at(Tag.AttributeValue, vendor, attributeName('State')))).to.equal(
      undefined,
    );
  });

  it('know both generations of a spelling', () => {
    const signature = at(Tag.DigitalSignatureAlgorithm);
    expect(names.enumerationValue('SHA_256WithRSAEncryptionPKCS_1V1_5', signature)).to.equal(5);
    expect(names.enumerationValue('SHA_256WithRSAEncryption', signature)).to.equal(5);
    for (const spelling of ['MGF1', 'MFG1'])
      expect(names.enumerationValue(spelling, at(Tag.MaskGenerator))).to.equal(1);
    expect(names.enumerationName(1, at(Tag.MaskGenerator))).to.equal('MGF1');
    for (const spelling of ['SHA_3_224', 'SHA3_224']) {
      expect(names.enumerationValue(spelling, at(Tag.HashingAlgorithm))).to.equal(14);
    }
    expect(names.enumerationValue('PolynomialSharingGF2_16', at(Tag.SplitKeyMethod))).to.equal(2);
  });

  it('have none for values and bits of vendors, nor for members of every object', () => {
    expect(names.enumerationName(0x80000001, at(Tag.OpaqueDataType))).to.equal(undefined);
    expect(names.maskName(0x80000000, at(Tag.CryptographicUsageMask))).to.equal(undefined);
    expect(names.tagName(0x540001)).to.equal(undefined);
    expect(names.tagCode('constructor')).to.equal(undefined);
    expect(names.enumerationValue('toString', at(Tag.State))).to.equal(undefined);
    expect(names.enumerationValue('toString', at(Tag.MaskGenerator))).to.equal(undefined);
  });

  it('hide keys, passwords and data from the text printer', () => {
    const secrets: Item[] = [Tag.KeyValue, Tag.Password, Tag.Data, Tag.OpaqueDataValue].map((tag) => ({
      tag,
      type: ItemType.TextString,
      value: 'geheim',
    }));
    const printed = printText({ tag: Tag.RequestPayload, type: ItemType.Structure, value: secrets }, names);
    expect(printed).to.not.include('geheim');
    expect(printText({ tag: Tag.NameValue, type: ItemType.TextString, value: 'offen' }, names)).to.include('offen');
  });
});

const officialCases = join('..', 'shared', 'kmip', 'cases');

describe('the names of the official test cases', () => {
  before(function () {
    if (!existsSync(officialCases)) this.skip();
  });

  it('are all known, and are written as they were read', () => {
    let messages = 0;
    for (const path of readdirSync(officialCases, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.xml')) continue;
      const text = readFileSync(join(officialCases, path), 'utf8');
      const fixed = text.replace(/type="(DateTime)" +value="\$[^"]*"/g, 'type="$1" value="2000-01-01T00:00:00+00:00"');
      const bytes = fixed.replace(/type="ByteString" +value="\$[^"]*"/g, 'type="ByteString" value="00"');
      for (const [message] of bytes.matchAll(/<(Request|Response)Message>[^]*?<\/\1Message>/g)) {
        const item = readXml(message, names);
        expect(readXml(writeXml(item, names), names)).to.deep.equal(item);
        messages++;
      }
    }
    expect(messages).to.be.greaterThan(2000);
  });
});
