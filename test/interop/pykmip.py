"""What PyKMIP's client makes of a server: one theme after the other, each on a connection of its own.

Usage: pykmip.py PORT VERSION CLIENT CA USERNAME PASSWORD_FILE. CLIENT.crt and CLIENT.key are what `kmipd client add` wrote.
Writes one JSON line per theme: its name and its facts, or its error.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from kmip.core import enums, objects
from kmip.core.factories.attribute_values import AttributeValueFactory
from kmip.core.factories.attributes import AttributeFactory
from kmip.pie import objects as pie
from kmip.pie.client import ProxyKmipClient

port, version, client_files, ca, username, password_file = sys.argv[1:]
kmip_version = enums.KMIPVersion[f"KMIP_{version.replace('.', '_')}"]
aes = enums.CryptographicAlgorithm.AES
mask = enums.CryptographicUsageMask
build = AttributeFactory().create_attribute
kind = enums.AttributeType
always = {
    "Unique Identifier",
    "Object Type",
    "Name",
    "Cryptographic Algorithm",
    "Cryptographic Length",
    "Cryptographic Usage Mask",
    "Digest",
    "State",
    "Initial Date",
    "Last Change Date",
    "Lease Time",
}

themes = []


def theme(function):
    themes.append(function)
    return function


def connect(**named):
    return ProxyKmipClient(
        hostname="127.0.0.1",
        port=int(port),
        ca=ca,
        cert=f"{client_files}.crt",
        key=f"{client_files}.key",
        kmip_version=kmip_version,
        **named,
    )


def refusal(call, *arguments, **named):
    """The reason a request is refused for."""
    try:
        call(*arguments, **named)
    except Exception as error:
        reason = getattr(error, "reason", None)
        if reason is None:
            raise
        return reason.name
    return None


def values(client, uid, *names):
    """The values of the named attributes."""
    found = {}
    for attribute in client.get_attributes(uid, list(names))[1]:
        found.setdefault(attribute.attribute_name.value, []).append(plain(attribute.attribute_value))
    return found


def plain(value):
    held = getattr(value, "value", None)
    if isinstance(held, enums.enum.Enum):
        return held.name
    if isinstance(held, (str, int)):
        return held
    return str(value)


def state(client, uid):
    return values(client, uid, "State")["State"][0]


@theme
def create(client):
    uid = client.create(aes, 256, name="created", cryptographic_usage_mask=[mask.WRAP_KEY])
    key = client.get(uid)
    return {
        "algorithm": key.cryptographic_algorithm.name,
        "length": key.cryptographic_length,
        "bytes": len(key.value),
        "attributes": values(
            client, uid, "Name", "Cryptographic Algorithm", "Cryptographic Length", "Cryptographic Usage Mask", "State"
        ),
    }


@theme
def register_symmetric_key(client):
    material = bytes(range(16))
    uid = client.register(pie.SymmetricKey(aes, 128, material, masks=[mask.ENCRYPT, mask.DECRYPT], name="registered"))
    key = client.get(uid)
    return {"same": key.value == material, "algorithm": key.cryptographic_algorithm.name}


@theme
def register_secret_data(client):
    secrets = {
        "PASSWORD": pie.SecretData(b"correct horse", enums.SecretDataType.PASSWORD, masks=[mask.VERIFY]),
        "SEED": pie.SecretData(bytes(range(96)), enums.SecretDataType.SEED),
    }
    found = {name: client.get(client.register(secret)) for name, secret in secrets.items()}
    return {name: found[name].value == secret.value and found[name].data_type.name for name, secret in secrets.items()}


@theme
def register_opaque_object(client):
    uid = client.register(pie.OpaqueObject(b"\x00\xffanything", enums.OpaqueDataType.NONE))
    found = client.get(uid)
    return {"same": found.value == b"\x00\xffanything", "type": values(client, uid, "Object Type")["Object Type"]}


@theme
def application_specific_information(client):
    name = "Application Specific Information"
    information = {"application_namespace": "ssl", "application_data": "www.example.com"}
    key = pie.SymmetricKey(aes, 128, bytes(16), masks=[mask.ENCRYPT], app_specific_info=[information])
    uid = client.register(key)
    return {
        "value": [value.replace("'", '"') for value in values(client, uid, name)[name]],
        "located": client.locate(attributes=[build(kind.APPLICATION_SPECIFIC_INFORMATION, information)]) == [uid],
    }


def named_key(client):
    """Registered: a generated one has an Original Creation Date, which the client cannot read in 2.0."""
    return client.register(pie.SymmetricKey(aes, 128, bytes(16), masks=[mask.ENCRYPT], name="all of it"))


@theme
def get_attribute_list(client):
    return {"missing": [name for name in always if name not in client.get_attribute_list(named_key(client))]}


@theme
def get_all_attributes(client):
    uid = named_key(client)
    found = {attribute.attribute_name.value for attribute in client.get_attributes(uid)[1]}
    listed = set(client.get_attribute_list(uid))
    return {"missing": sorted(always - found), "unread": sorted(listed - found)}


@theme
def locate(client):
    uids = [client.create(aes, length, name=f"located {length}") for length in (128, 256)]

    def by_name(name):
        return build(kind.NAME, name)

    def found(*attributes):
        return [uids.index(uid) for uid in client.locate(attributes=list(attributes)) if uid in uids]

    length = build(kind.CRYPTOGRAPHIC_LENGTH, 256)
    key = build(kind.OBJECT_TYPE, enums.ObjectType.SYMMETRIC_KEY)
    opaque = build(kind.OBJECT_TYPE, enums.ObjectType.OPAQUE_DATA)
    return {
        "name": found(by_name("located 128")),
        "length": found(length),
        "several": found(by_name("located 256"), length, key),
        "contradiction": found(by_name("located 128"), length),
        "other type": found(opaque),
        "nothing": client.locate(attributes=[by_name("no such name")]),
        "state": sorted(found(build(kind.STATE, enums.State.PRE_ACTIVE))),
        "at most one": len(client.locate(maximum_items=1, attributes=[key])),
    }


@theme
def life_cycle(client):
    uid = client.create(aes, 256)
    states = [state(client, uid)]
    client.activate(uid)
    states.append(state(client, uid))
    again = refusal(client.activate, uid)
    active = refusal(client.destroy, uid)
    client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid, "no longer used")
    states.append(state(client, uid))
    client.destroy(uid)
    states.append(state(client, uid))
    return {"states": states, "again": again, "active": active, "destroyed": refusal(client.get, uid)}


@theme
def compromise(client):
    uid = client.create(aes, 256)
    client.revoke(enums.RevocationReasonCode.KEY_COMPROMISE, uid, compromise_occurrence_date=1)
    return {"state": state(client, uid), "date": values(client, uid, "Compromise Occurrence Date")}


@theme
def check(client):
    # A check that is denied is lost on this client: it looks into the payload that a failure does not have.
    uid = client.create(aes, 256)
    return {"allowed": client.check(uid, cryptographic_usage_mask=[mask.ENCRYPT]) == uid}


@theme
def change_attributes(client):
    uid = client.create(aes, 256, name="before")

    def name(text):
        return AttributeValueFactory().create_attribute_value_by_enum(enums.Tags.NAME, text)

    if version == "2.0":
        client.modify_attribute(
            unique_identifier=uid,
            current_attribute=objects.CurrentAttribute(attribute=name("before")),
            new_attribute=objects.NewAttribute(attribute=name("after")),
        )
        modified = values(client, uid, "Name")
        client.delete_attribute(
            unique_identifier=uid, current_attribute=objects.CurrentAttribute(attribute=name("after"))
        )
    else:
        _, echo = client.modify_attribute(unique_identifier=uid, attribute=build(kind.NAME, "after", 0))
        modified = values(client, uid, "Name")
        _, gone = client.delete_attribute(unique_identifier=uid, attribute_name="Name", attribute_index=0)
        assert [plain(each.attribute_value) for each in (echo, gone)] == ["after", "after"]
    return {"modified": modified, "deleted": values(client, uid, "Name")}


@theme
def set_attribute(client):
    uid = client.create(aes, 256)
    client.set_attribute(unique_identifier=uid, attribute_name="Sensitive", attribute_value=True)
    return {"refused": refusal(client.get, uid)}


@theme
def credentials(client):
    with open(password_file) as file:
        password = file.read()
    with connect(username=username, password=password) as right:
        uid = right.create(aes, 128)
    with connect(username=username, password="x" + password) as wrong:
        refused = refusal(wrong.get, uid)
    return {"right": len(client.get(uid).value), "wrong": refused}


@theme
def older_tls(client):
    with connect(ssl_version="PROTOCOL_TLSv1_2") as older:
        older.create(aes, 128)
        return {"default": client.proxy.socket.version(), "older": older.proxy.socket.version()}


@theme
def refusals(client):
    missing = "00000000-0000-4000-8000-000000000000"
    return {
        "get": refusal(client.get, missing),
        "attributes": refusal(client.get_attributes, missing),
        "destroy": refusal(client.destroy, missing),
        "length": refusal(client.create, aes, 100),
    }


@theme
def query(client):
    functions = [
        enums.QueryFunction.QUERY_OPERATIONS,
        enums.QueryFunction.QUERY_OBJECTS,
        enums.QueryFunction.QUERY_SERVER_INFORMATION,
        enums.QueryFunction.QUERY_APPLICATION_NAMESPACES,
    ]
    answer = client.proxy.query(query_functions=functions)
    return {
        "status": answer.result_status.value.name,
        "vendor": answer.vendor_identification,
        "knows Create": enums.Operation.CREATE in answer.operations,
        "knows Symmetric Key": enums.ObjectType.SYMMETRIC_KEY in answer.object_types,
    }


@theme
def discover_versions(client):
    answer = client.proxy.discover_versions()
    return {"versions": [f"{each.major}.{each.minor}" for each in answer.protocol_versions]}


def pair(client):
    """An active RSA pair, public key first."""
    uids = client.create_key_pair(
        enums.CryptographicAlgorithm.RSA, 2048, public_usage_mask=[mask.VERIFY], private_usage_mask=[mask.SIGN]
    )
    for uid in uids:
        client.activate(uid)
    return uids


@theme
def create_key_pair(client):
    halves = [client.get(uid) for uid in pair(client)]
    return {half.object_type.name: [half.cryptographic_length, half.key_format_type.name] for half in halves}


@theme
def register_key_pair(client):
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_bytes = private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    private_bytes = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    algorithm, form = enums.CryptographicAlgorithm.RSA, enums.KeyFormatType
    halves = [
        pie.PublicKey(algorithm, 2048, public_bytes, form.PKCS_1, masks=[mask.VERIFY]),
        pie.PrivateKey(algorithm, 2048, private_bytes, form.PKCS_1, masks=[mask.SIGN]),
    ]
    return {half.object_type.name: client.get(client.register(half)).value == half.value for half in halves}


@theme
def register_certificate(client):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com")])
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    value = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    uid = client.register(pie.X509Certificate(value, masks=[mask.VERIFY]))
    return {"same": client.get(uid).value == value}


@theme
def register_split_key(client):
    key = pie.SplitKey(
        cryptographic_algorithm=aes,
        cryptographic_length=128,
        key_value=bytes(16),
        cryptographic_usage_masks=[mask.ENCRYPT],
        split_key_parts=3,
        key_part_identifier=1,
        split_key_threshold=2,
        split_key_method=enums.SplitKeyMethod.XOR,
    )
    found = client.get(client.register(key))
    return {"same": found.value == key.value, "parts": found.split_key_parts}


def wrapping_key(client, parameters):
    """Registered on the client's lower level: the key has to have the parameters that it wraps with."""
    key = pie.SymmetricKey(aes, 128, bytes(range(16)))
    attributes = [build(kind.CRYPTOGRAPHIC_USAGE_MASK, [mask.WRAP_KEY]), build(kind.CRYPTOGRAPHIC_PARAMETERS, parameters)]
    template = objects.TemplateAttribute(attributes=attributes)
    uid = client.proxy.register(key.object_type, template, client.object_factory.convert(key)).uuid
    client.activate(uid)
    return uid


@theme
def get_wrapped(client):
    parameters = {"block_cipher_mode": enums.BlockCipherMode.NIST_KEY_WRAP}
    kek = wrapping_key(client, parameters)
    uid = client.register(pie.SymmetricKey(aes, 128, bytes(range(0, 256, 17)), masks=[mask.ENCRYPT]))
    found = client.get(
        uid,
        key_wrapping_specification={
            "wrapping_method": enums.WrappingMethod.ENCRYPT,
            "encryption_key_information": {"unique_identifier": kek, "cryptographic_parameters": parameters},
            "encoding_option": enums.EncodingOption.NO_ENCODING,
        },
    )
    # The vector of RFC 3394, section 4.1.
    return {"wrapped": found.value.hex(), "by": found.key_wrapping_data["wrapping_method"].name}


@theme
def rekey(client):
    uid = client.create(aes, 256, name="renewed")
    client.activate(uid)
    renewed = client.rekey(uid)
    return {"other": renewed != uid, "named": values(client, renewed, "Name"), "old": state(client, uid)}


@theme
def derive_key(client):
    uid = client.register(pie.SymmetricKey(aes, 128, bytes(16), masks=[mask.DERIVE_KEY]))
    client.activate(uid)
    derived = client.derive_key(
        enums.ObjectType.SYMMETRIC_KEY,
        [uid],
        enums.DerivationMethod.HMAC,
        {
            "cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256},
            "derivation_data": b"what for",
            "salt": b"salt",
        },
        cryptographic_length=128,
        cryptographic_algorithm=aes,
    )
    return {"bytes": len(client.get(derived).value)}


@theme
def encrypt(client):
    uid = client.create(aes, 256)
    client.activate(uid)
    parameters = {
        "block_cipher_mode": enums.BlockCipherMode.CBC,
        "padding_method": enums.PaddingMethod.PKCS5,
        "cryptographic_algorithm": aes,
    }
    text, vector = b"attack at dawn", bytes(16)
    hidden, _ = client.encrypt(text, uid, parameters, vector)
    return {"hidden": text not in hidden, "same": client.decrypt(hidden, uid, parameters, vector) == text}


@theme
def sign(client):
    public, private = pair(client)
    parameters = {
        "padding_method": enums.PaddingMethod.PKCS1v15,
        "cryptographic_algorithm": enums.CryptographicAlgorithm.RSA,
        "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
    }
    signature = client.sign(b"a contract", private, parameters)
    return {
        "right": client.signature_verify(b"a contract", signature, public, parameters).name,
        "wrong": client.signature_verify(b"another", signature, public, parameters).name,
    }


@theme
def mac(client):
    uid = client.register(
        pie.SymmetricKey(enums.CryptographicAlgorithm.HMAC_SHA256, 160, b"\x0b" * 20, masks=[mask.MAC_GENERATE])
    )
    client.activate(uid)
    # The vector of RFC 4231, section 4.2.
    return {"mac": client.mac(b"Hi There", uid, enums.CryptographicAlgorithm.HMAC_SHA256)[1].hex()}


for each in themes:
    line = {"theme": each.__name__}
    try:
        with connect() as connected:
            line["facts"] = each(connected)
    except Exception as error:
        line["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(line), flush=True)
