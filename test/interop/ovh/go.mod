module kmipd.invalid/test/interop/ovh

go 1.25.5

require github.com/ovh/kmip-go v0.8.1
