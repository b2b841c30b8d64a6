/**
 * PKCS#11 Function and Return Code (KMIP 2.1 §11.38, §11.39) under their XML names. A function is its place in
 * `CK_FUNCTION_LIST_3_0`, counted from 1; a return code is the CK_RV value. Both belong to the PKCS#11 standard; other
 * return codes are written as numbers.
 */
const functionsInOrder = [
  ...['C_Initialize', 'C_Finalize', 'C_GetInfo', 'C_GetFunctionList'],
  ...['C_GetSlotList', 'C_GetSlotInfo', 'C_GetTokenInfo', 'C_GetMechanismList', 'C_GetMechanismInfo'],
  ...['C_InitToken', 'C_InitPIN', 'C_SetPIN'],
  ...['C_OpenSession', 'C_CloseSession', 'C_CloseAllSessions', 'C_GetSessionInfo'],
  ...['C_GetOperationState', 'C_SetOperationState', 'C_Login', 'C_Logout'],
  ...['C_CreateObject', 'C_CopyObject', 'C_DestroyObject', 'C_GetObjectSize'],
  ...['C_GetAttributeValue', 'C_SetAttributeValue', 'C_FindObjectsInit', 'C_FindObjects', 'C_FindObjectsFinal'],
  ...['C_EncryptInit', 'C_Encrypt', 'C_EncryptUpdate', 'C_EncryptFinal'],
  ...['C_DecryptInit', 'C_Decrypt', 'C_DecryptUpdate', 'C_DecryptFinal'],
  ...['C_DigestInit', 'C_Digest', 'C_DigestUpdate', 'C_DigestKey', 'C_DigestFinal'],
  ...['C_SignInit', 'C_Sign', 'C_SignUpdate', 'C_SignFinal', 'C_SignRecoverInit', 'C_SignRecover'],
  ...['C_VerifyInit', 'C_Verify', 'C_VerifyUpdate', 'C_VerifyFinal', 'C_VerifyRecoverInit', 'C_VerifyRecover'],
  ...['C_DigestEncryptUpdate', 'C_DecryptDigestUpdate', 'C_SignEncryptUpdate', 'C_DecryptVerifyUpdate'],
  ...['C_GenerateKey', 'C_GenerateKeyPair', 'C_WrapKey', 'C_UnwrapKey', 'C_DeriveKey'],
  ...['C_SeedRandom', 'C_GenerateRandom', 'C_GetFunctionStatus', 'C_CancelFunction', 'C_WaitForSlotEvent'],
];

export const pkcs11Functions: Readonly<Record<string, number>> = Object.fromEntries(
  functionsInOrder.map((name, index) => [name, index + 1]),
);

export const pkcs11ReturnCodes: Readonly<Record<string, number>> = { OK: 0 };
