// What ovh/kmip-go's client makes of a server: one theme after the other, in one protocol version.
//
// Usage: ovh ADDRESS VERSION CLIENT CA. CLIENT.crt and CLIENT.key are what `kmipd client add` wrote.
// Writes one JSON line per theme: its name and its facts, or its error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipclient"
	"github.com/ovh/kmip-go/payloads"
	"github.com/ovh/kmip-go/ttlv"
)

type client = kmipclient.Client
type facts = map[string]any

var versions = []kmip.ProtocolVersion{kmip.V1_0, kmip.V1_1, kmip.V1_2, kmip.V1_3, kmip.V1_4}

const use = kmip.CryptographicUsageEncrypt | kmip.CryptographicUsageDecrypt

var themes = []struct {
	name string
	run  func(*client) (facts, error)
}{
	{"negotiate", negotiate},
	{"create", create},
	{"register", register},
	{"attributes", attributes},
	{"all_attributes", allAttributes},
	{"locate", locate},
	{"life_cycle", lifeCycle},
	{"chain", chain},
	{"stopped_batch", stoppedBatch},
	{"continued_batch", continuedBatch},
	{"query", query},
	{"clone", clone},
	{"create_key_pair", createKeyPair},
	{"register_keys", registerKeys},
	{"register_certificate", registerCertificate},
	{"rekey", rekey},
	{"rekey_key_pair", rekeyKeyPair},
	{"lease", lease},
	{"usage_allocation", usageAllocation},
	{"archive", archive},
	{"encrypt", encrypt},
	{"sign_data", signData},
	{"sign", sign},
	{"export", export},
	{"import", imported},
}

func main() {
	address, version, files, ca := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	options := []kmipclient.Option{
		kmipclient.WithClientCertFiles(files+".crt", files+".key"),
		kmipclient.WithRootCAFile(ca),
	}
	// Without a version the client offers all that it knows.
	for _, each := range versions {
		if each.String() == version {
			options = append(options, kmipclient.WithKmipVersions(each))
		}
	}
	connected, err := kmipclient.Dial(address, options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer connected.Close()
	output := json.NewEncoder(os.Stdout)
	for _, theme := range themes {
		line := facts{"theme": theme.name}
		if found, err := theme.run(connected); err != nil {
			line["error"] = err.Error()
		} else {
			line["facts"] = found
		}
		_ = output.Encode(line)
	}
}

func negotiate(c *client) (facts, error) {
	return facts{"version": c.Version().String()}, nil
}

// chain makes, activates and reads a key in one request: the later items name no object.
func chain(c *client) (facts, error) {
	answers, err := c.Create().AES(256, use).
		Then(func(c *client) kmipclient.PayloadBuilder { return c.Activate("") }).
		Then(func(c *client) kmipclient.PayloadBuilder { return c.Get("") }).
		Exec()
	if err != nil {
		return nil, err
	}
	items, err := answers.Unwrap()
	if err != nil {
		return nil, err
	}
	made, got := items[0].(*payloads.CreateResponsePayload), items[2].(*payloads.GetResponsePayload)
	return facts{"items": len(items), "same": made.UniqueIdentifier == got.UniqueIdentifier}, nil
}

const missing = "00000000-0000-4000-8000-000000000000"

func failingBatch(c *client, option kmip.BatchErrorContinuationOption) (kmipclient.BatchResult, error) {
	return c.Get(missing).
		Then(func(c *client) kmipclient.PayloadBuilder { return c.Create().AES(128, use) }).
		Exec(kmipclient.OnBatchErr(option))
}

// stoppedBatch has an answer with fewer items than the request: the client says so.
func stoppedBatch(c *client) (facts, error) {
	_, err := failingBatch(c, kmip.BatchErrorContinuationOptionStop)
	return facts{"error": err.Error()}, nil
}

func continuedBatch(c *client) (facts, error) {
	answers, err := failingBatch(c, kmip.BatchErrorContinuationOptionContinue)
	if err != nil {
		return nil, err
	}
	return facts{"first": reason(answers[0].Err()), "second": reason(answers[1].Err())}, nil
}

func query(c *client) (facts, error) {
	request := c.Query().Operations().Objects().ServerInformation().ApplicationNamespaces()
	if ttlv.CompareVersions(c.Version(), kmip.V1_3) >= 0 {
		request = c.Query().All()
	}
	found, err := request.Exec()
	if err != nil {
		return nil, err
	}
	return facts{
		"vendor": found.VendorIdentification,
		"create": slices.Contains(found.Operations, kmip.OperationCreate),
		"keys":   slices.Contains(found.ObjectType, kmip.ObjectTypeSymmetricKey),
	}, nil
}

// clone opens a second connection, as an application's pool does, while the first waits.
func clone(c *client) (facts, error) {
	second, err := c.Clone()
	if err != nil {
		return nil, err
	}
	defer second.Close()
	made, err := second.Create().AES(128, use).Exec()
	if err != nil {
		return nil, err
	}
	_, err = c.Get(made.UniqueIdentifier).Exec()
	return facts{"shared": err == nil}, err
}

var reasonOf = regexp.MustCompile(`reason="(\w+)"`)

// reason is what the server refuses a request for, empty when it did not.
func reason(err error) string {
	if err == nil {
		return ""
	}
	if found := reasonOf.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return err.Error()
}
