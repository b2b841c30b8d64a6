package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipclient"
	"github.com/ovh/kmip-go/ttlv"
)

func create(c *client) (facts, error) {
	made, err := c.Create().AES(256, use).WithName("created").Exec()
	if err != nil {
		return nil, err
	}
	found, err := c.Get(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	material, err := found.Object.(*kmip.SymmetricKey).KeyMaterial()
	return facts{"type": ttlv.EnumStr(made.ObjectType), "bytes": len(material)}, err
}

// register registers what has bytes, keys as such and in the transparent form, and reads it.
func register(c *client) (facts, error) {
	material := []byte("sixteen bytes !!")
	found := facts{}
	for name, request := range map[string]kmipclient.ExecRegister{
		"key":         c.Register().SymmetricKey(kmip.CryptographicAlgorithmAES, use, material),
		"transparent": c.Register().WithKeyFormat(kmipclient.Transparent).SymmetricKey(kmip.CryptographicAlgorithmAES, use, material),
		"password":    c.Register().Secret(kmip.SecretDataTypePassword, material),
		"opaque":      c.Register().Object(&kmip.OpaqueObject{OpaqueDataType: 0x80000001, OpaqueDataValue: material}),
	} {
		made, err := request.WithName("registered " + name).Exec()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		got, err := c.Get(made.UniqueIdentifier).Exec()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var held []byte
		switch object := got.Object.(type) {
		case *kmip.SymmetricKey:
			held, err = object.KeyMaterial()
		case *kmip.SecretData:
			held, err = object.Data()
		case *kmip.OpaqueObject:
			held = object.OpaqueDataValue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found[name] = bytes.Equal(held, material)
	}
	return found, nil
}

func attributes(c *client) (facts, error) {
	made, err := c.Create().AES(128, use).Exec()
	if err != nil {
		return nil, err
	}
	id := made.UniqueIdentifier
	contact := func() (any, error) {
		found, err := c.GetAttributes(id, kmip.AttributeNameContactInformation).Exec()
		if err != nil || len(found.Attribute) == 0 {
			return nil, err
		}
		return found.Attribute[0].AttributeValue, nil
	}
	if _, err := c.AddAttribute(id, kmip.AttributeNameContactInformation, "first").Exec(); err != nil {
		return nil, err
	}
	added, err := contact()
	if err != nil {
		return nil, err
	}
	echo, err := c.ModifyAttribute(id, kmip.AttributeNameContactInformation, "second").Exec()
	if err != nil {
		return nil, err
	}
	modified, err := contact()
	if err != nil {
		return nil, err
	}
	if _, err := c.DeleteAttribute(id, kmip.AttributeNameContactInformation).Exec(); err != nil {
		return nil, err
	}
	deleted, err := contact()
	if err != nil {
		return nil, err
	}
	if _, err := c.AddAttribute(id, "x-serial", int32(42)).Exec(); err != nil {
		return nil, err
	}
	custom, err := c.GetAttributes(id, "x-serial").Exec()
	if err != nil {
		return nil, err
	}
	return facts{
		"added": added, "echo": echo.Attribute.AttributeValue, "modified": modified, "deleted": deleted,
		"custom": custom.Attribute[0].AttributeValue.(ttlv.Value).Value,
	}, nil
}

func allAttributes(c *client) (facts, error) {
	made, err := c.Create().AES(128, use).WithName("all of it").Exec()
	if err != nil {
		return nil, err
	}
	found, err := c.GetAttributes(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	listed, err := c.GetAttributeList(made.UniqueIdentifier).Exec()
	if err != nil {
		return nil, err
	}
	missing := []kmip.AttributeName{}
	for _, attribute := range found.Attribute {
		if !slices.Contains(listed.AttributeName, attribute.AttributeName) {
			missing = append(missing, attribute.AttributeName)
		}
	}
	return facts{"several": len(found.Attribute) > 8, "unlisted": missing}, nil
}

func locate(c *client) (facts, error) {
	ids := []string{}
	for _, length := range []int{128, 256} {
		made, err := c.Create().AES(length, use).WithName(fmt.Sprintf("located %d", length)).Exec()
		if err != nil {
			return nil, err
		}
		ids = append(ids, made.UniqueIdentifier)
	}
	found := facts{}
	for name, request := range map[string]kmipclient.ExecLocate{
		"name":          c.Locate().WithName("located 128"),
		"length":        c.Locate().WithObjectType(kmip.ObjectTypeSymmetricKey).WithAttribute(kmip.AttributeNameCryptographicLength, int32(256)),
		"contradiction": c.Locate().WithName("located 128").WithAttribute(kmip.AttributeNameCryptographicLength, int32(256)),
		"nothing":       c.Locate().WithName("no such name"),
	} {
		located, err := request.Exec()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		places := []int{}
		for place, id := range ids {
			if slices.Contains(located.UniqueIdentifier, id) {
				places = append(places, place)
			}
		}
		found[name] = places
	}
	one, err := c.Locate().WithObjectType(kmip.ObjectTypeSymmetricKey).WithMaxItems(1).Exec()
	if err != nil {
		return nil, err
	}
	found["at most one"] = len(one.UniqueIdentifier)
	return found, nil
}

func lifeCycle(c *client) (facts, error) {
	made, err := c.Create().AES(256, use).Exec()
	if err != nil {
		return nil, err
	}
	id := made.UniqueIdentifier
	states := []string{}
	state := func(err error) error {
		if err != nil {
			return err
		}
		found, err := c.GetAttributes(id, kmip.AttributeNameState).Exec()
		if err != nil {
			return err
		}
		states = append(states, ttlv.EnumStr(found.Attribute[0].AttributeValue.(kmip.State)))
		return nil
	}
	_, err = c.Activate(id).Exec()
	if err := state(err); err != nil {
		return nil, err
	}
	_, refused := c.Destroy(id).Exec()
	_, err = c.Revoke(id).
		WithRevocationReasonCode(kmip.RevocationReasonCodeKeyCompromise).
		WithRevocationMessage("found on the street").
		WithCompromiseOccurrenceDate(time.Now().Add(-time.Hour)).
		Exec()
	if err := state(err); err != nil {
		return nil, err
	}
	_, err = c.Destroy(id).Exec()
	if err := state(err); err != nil {
		return nil, err
	}
	_, gone := c.Get(id).Exec()
	return facts{"states": states, "active": reason(refused), "destroyed": reason(gone)}, nil
}
