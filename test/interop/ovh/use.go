package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"reflect"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/payloads"
	"github.com/ovh/kmip-go/ttlv"
)

func activeKey(c *client) (string, error) {
	made, err := c.Create().AES(256, use).Exec()
	if err != nil {
		return "", err
	}
	_, err = c.Activate(made.UniqueIdentifier).Exec()
	return made.UniqueIdentifier, err
}

func rekey(c *client) (facts, error) {
	id, err := activeKey(c)
	if err != nil {
		return nil, err
	}
	renewed, err := c.Rekey(id).WithOffset(0).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"other": renewed.UniqueIdentifier != id}, nil
}

func rekeyKeyPair(c *client) (facts, error) {
	private, _, err := pair(c, c.CreateKeyPair().RSA(2048, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify))
	if err != nil {
		return nil, err
	}
	renewed, err := c.RekeyKeyPair(private).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"other": renewed.PrivateKeyUniqueIdentifier != private}, nil
}

func lease(c *client) (facts, error) {
	id, err := activeKey(c)
	if err != nil {
		return nil, err
	}
	obtained, err := c.ObtainLease(id).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"long": obtained.LeaseTime > 0}, nil
}

func usageAllocation(c *client) (facts, error) {
	made, err := c.Create().AES(256, use).WithUsageLimit(1000, kmip.UsageLimitsUnitByte).Exec()
	if err != nil {
		return nil, err
	}
	if _, err := c.Activate(made.UniqueIdentifier).Exec(); err != nil {
		return nil, err
	}
	_, first := c.GetUsageAllocation(made.UniqueIdentifier, 600).Exec()
	_, second := c.GetUsageAllocation(made.UniqueIdentifier, 600).Exec()
	return facts{"refused": reason(second)}, first
}

func archive(c *client) (facts, error) {
	id, err := activeKey(c)
	if err != nil {
		return nil, err
	}
	if _, err := c.Archive(id).Exec(); err != nil {
		return nil, err
	}
	_, away := c.Get(id).Exec()
	if _, err := c.Recover(id).Exec(); err != nil {
		return nil, err
	}
	_, err = c.Get(id).Exec()
	return facts{"away": reason(away)}, err
}

func encrypt(c *client) (facts, error) {
	id, err := activeKey(c)
	if err != nil {
		return nil, err
	}
	parameters := kmip.CryptographicParameters{
		BlockCipherMode: kmip.BlockCipherModeCBC,
		PaddingMethod:   kmip.PaddingMethodPKCS5,
	}
	text, vector := []byte("attack at dawn"), make([]byte, 16)
	hidden, err := c.Encrypt(id).WithCryptographicParameters(parameters).WithIvCounterNonce(vector).Data(text).Exec()
	if err != nil {
		return nil, err
	}
	found, err := c.Decrypt(id).WithCryptographicParameters(parameters).WithIvCounterNonce(vector).Data(hidden.Data).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"hidden": !bytes.Contains(hidden.Data, text), "same": bytes.Equal(found.Data, text)}, nil
}

// signData has the server verify what it signed.
func signData(c *client) (facts, error) {
	private, public, err := pair(c, c.CreateKeyPair().RSA(2048, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify))
	if err != nil {
		return nil, err
	}
	parameters := kmip.CryptographicParameters{
		PaddingMethod:    kmip.PaddingMethodPKCS1V1_5,
		HashingAlgorithm: kmip.HashingAlgorithmSHA_256,
	}
	made, err := c.Sign(private).WithCryptographicParameters(parameters).Data([]byte("a contract")).Exec()
	if err != nil {
		return nil, err
	}
	found := facts{}
	for _, data := range []string{"a contract", "another"} {
		verify := c.SignatureVerify(public).WithCryptographicParameters(parameters).Data([]byte(data))
		verified, err := verify.Signature(made.SignatureData).Exec()
		if err != nil {
			return nil, err
		}
		found[data] = ttlv.EnumStr(verified.ValidityIndicator)
	}
	return found, nil
}

// sign has the client's own signer verify what it signed.
func sign(c *client) (facts, error) {
	private, public, err := pair(c, c.CreateKeyPair().RSA(2048, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify))
	if err != nil {
		return nil, err
	}
	signer, err := c.Signer(context.Background(), private, public)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte("a contract"))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	err = rsa.VerifyPKCS1v15(signer.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
	return facts{"right": err == nil}, nil
}

func export(c *client) (facts, error) {
	made, err := c.Create().AES(128, use).Exec()
	if err != nil {
		return nil, err
	}
	found, err := c.Export(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"type": ttlv.EnumStr(found.ObjectType)}, nil
}

// imported brings an exported key back after its destruction. The client's own builder forgets the object.
func imported(c *client) (facts, error) {
	made, err := c.Create().AES(128, use).Exec()
	if err != nil {
		return nil, err
	}
	found, err := c.Export(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	if _, err := c.Destroy(made.UniqueIdentifier).Exec(); err != nil {
		return nil, err
	}
	answer, err := c.Request(context.Background(), &payloads.ImportRequestPayload{
		UniqueIdentifier: found.UniqueIdentifier,
		ReplaceExisting:  true,
		Attribute:        found.Attribute,
		Object:           found.Object,
	})
	if err != nil {
		return nil, err
	}
	again, err := c.Get(answer.(*payloads.ImportResponsePayload).UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	return facts{"same": reflect.DeepEqual(again.Object, found.Object)}, nil
}
