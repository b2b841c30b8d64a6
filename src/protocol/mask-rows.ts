/**
 * Every bit mask of KMIP 1.0 to 2.1 (2.1 §12; 1.x §9.1.3.3): `[bit, since, until?]` under its XML name.
 */
import { V1_0, V1_4, V2_0 } from './versions.ts';

export const maskRows = {
  CryptographicUsageMask: {
    Sign: [1, V1_0],
    Verify: [2, V1_0],
    Encrypt: [4, V1_0],
    Decrypt: [8, V1_0],
    WrapKey: [0x10, V1_0],
    UnwrapKey: [0x20, V1_0],
    Export: [0x40, V1_0, V1_4],
    MACGenerate: [0x80, V1_0],
    MACVerify: [0x100, V1_0],
    DeriveKey: [0x200, V1_0],
    ContentCommitmentNonRepudiation: [0x400, V1_0, V1_4],
    KeyAgreement: [0x800, V1_0],
    CertificateSign: [0x1000, V1_0],
    CRLSign: [0x2000, V1_0],
    GenerateCryptogram: [0x4000, V1_0, V1_4],
    ValidateCryptogram: [0x8000, V1_0, V1_4],
    TranslateEncrypt: [0x10000, V1_0, V1_4],
    TranslateDecrypt: [0x20000, V1_0, V1_4],
    TranslateWrap: [0x40000, V1_0, V1_4],
    TranslateUnwrap: [0x80000, V1_0, V1_4],
    Authenticate: [0x100000, V2_0],
    Unrestricted: [0x200000, V2_0],
    FPEEncrypt: [0x400000, V2_0],
    FPEDecrypt: [0x800000, V2_0],
  },
  ProtectionStorageMask: {
    Software: [1, V2_0],
    Hardware: [2, V2_0],
    OnProcessor: [4, V2_0],
    OnSystem: [8, V2_0],
    OffSystem: [0x10, V2_0],
    Hypervisor: [0x20, V2_0],
    OperatingSystem: [0x40, V2_0],
    Container: [0x80, V2_0],
    OnPremises: [0x100, V2_0],
    OffPremises: [0x200, V2_0],
    SelfManaged: [0x400, V2_0],
    Outsourced: [0x800, V2_0],
    Validated: [0x1000, V2_0],
    SameJurisdiction: [0x2000, V2_0],
  },
  StorageStatusMask: {
    OnLineStorage: [1, V1_0],
    ArchivalStorage: [2, V1_0],
    DestroyedStorage: [4, V2_0],
  },
} as const;
