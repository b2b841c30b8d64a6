package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipclient"
)

// pair makes an active pair of keys.
func pair(c *client, request kmipclient.ExecCreateKeyPairAttr) (private, public string, err error) {
	made, err := request.Exec()
	if err != nil {
		return "", "", err
	}
	private, public = made.PrivateKeyUniqueIdentifier, made.PublicKeyUniqueIdentifier
	for _, id := range []string{private, public} {
		if _, err := c.Activate(id).Exec(); err != nil {
			return "", "", err
		}
	}
	return private, public, nil
}

func createKeyPair(c *client) (facts, error) {
	found := facts{}
	for name, request := range map[string]kmipclient.ExecCreateKeyPairAttr{
		"RSA":   c.CreateKeyPair().RSA(2048, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify),
		"ECDSA": c.CreateKeyPair().ECDSA(kmip.RecommendedCurveP_256, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify),
	} {
		private, public, err := pair(c, request)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		halves := []crypto.PublicKey{}
		for _, id := range []string{private, public} {
			got, err := c.Get(id).Exec()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			half, err := publicHalf(got.Object)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			halves = append(halves, half)
		}
		found[name] = halves[0].(interface{ Equal(crypto.PublicKey) bool }).Equal(halves[1])
	}
	return found, nil
}

// publicHalf reads a key in the format that the server chose.
func publicHalf(object kmip.Object) (crypto.PublicKey, error) {
	switch key := object.(type) {
	case *kmip.PublicKey:
		return key.CryptoPublicKey()
	case *kmip.PrivateKey:
		private, err := key.CryptoPrivateKey()
		if err != nil {
			return nil, err
		}
		return private.(crypto.Signer).Public(), nil
	}
	return nil, errors.New("it is no half of a pair")
}

// registerKeys registers both halves of pairs in each format that the client has, and reads them.
func registerKeys(c *client) (facts, error) {
	ours, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	curved, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	found := facts{}
	same := func(name string, request kmipclient.ExecRegister, expected interface{ Equal(crypto.PublicKey) bool }) error {
		made, err := request.Exec()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		got, err := c.Get(made.UniqueIdentifier).Exec()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		half, err := publicHalf(got.Object)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		found[name] = expected.Equal(half)
		return nil
	}
	formats := map[string]kmipclient.KeyFormat{
		"default": 0, "transparent": kmipclient.Transparent, "X.509": kmipclient.X509, "PKCS#8": kmipclient.PKCS8,
	}
	for name, format := range formats {
		with := c.Register().WithKeyFormat(format)
		err := errors.Join(
			same("RSA private "+name, with.RsaPrivateKey(ours, kmip.CryptographicUsageSign), &ours.PublicKey),
			same("RSA public "+name, with.RsaPublicKey(&ours.PublicKey, kmip.CryptographicUsageVerify), &ours.PublicKey),
			same("EC private "+name, with.EcdsaPrivateKey(curved, kmip.CryptographicUsageSign), &curved.PublicKey),
			same("EC public "+name, with.EcdsaPublicKey(&curved.PublicKey, kmip.CryptographicUsageVerify), &curved.PublicKey),
		)
		if err != nil {
			return nil, err
		}
	}
	different := []string{}
	for name, equal := range found {
		if equal != true {
			different = append(different, name)
		}
	}
	return facts{"different": different}, nil
}

func registerCertificate(c *client) (facts, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7),
		Subject:      pkix.Name{CommonName: "www.example.com"},
		NotBefore:    time.Now(),
		NotAfter:     time.Now().Add(time.Hour),
	}
	value, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	made, err := c.Register().Certificate(kmip.CertificateTypeX_509, value).Exec()
	if err != nil {
		return nil, err
	}
	got, err := c.Get(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	held, err := got.Object.(*kmip.Certificate).X509Certificate()
	if err != nil {
		return nil, err
	}
	return facts{"same": bytes.Equal(held.Raw, value)}, nil
}
