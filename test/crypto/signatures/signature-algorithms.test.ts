import { expect } from 'chai';
import {
  signatureAlgorithmByName,
  signatureAlgorithmByOid,
  signatureAlgorithmOf,
} from '#crypto/signatures/signature-algorithms';
import { enumerationValues } from '#protocol/enumerations';
import { newestVersion } from '#protocol/versions';

describe('the table of signature algorithms', () => {
  it('has every Digital Signature Algorithm of KMIP once, by its name and by its object identifier', () => {
    for (const name of enumerationValues('DigitalSignatureAlgorithm', newestVersion)) {
      const row = signatureAlgorithmByName(name);
      expect(row?.name, name).to.equal(name);
      expect(signatureAlgorithmByOid(row?.oid ?? '')).to.equal(row);
      if (name !== 'RSASSA_PSS') expect(signatureAlgorithmOf(row?.kind ?? 'RSA', row?.hash)).to.equal(row);
    }
  });
});
