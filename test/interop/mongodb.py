"""MongoDB's client-side field encryption, its master key in a KMIP server.

Usage: mongodb.py KMIP_PORT CLIENT CA DATABASE. CLIENT.pem holds the client's certificate and key; DATABASE is a connection string.
Writes one JSON line per theme: its name and its facts, or its error.
"""

import json
import re
import sys

from bson.binary import STANDARD
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.encryption import Algorithm, ClientEncryption
from pymongo.errors import EncryptionError

port, client_files, ca, database = sys.argv[1:]
random, deterministic = (
    Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random,
    Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Deterministic,
)
vault = MongoClient(database)
keys = vault["encryption"]["keys"]


def connect():
    """The driver of one application; each asks the KMIP server for the master keys anew."""
    return ClientEncryption(
        {"kmip": {"endpoint": f"localhost:{port}"}},
        "encryption.keys",
        vault,
        CodecOptions(uuid_representation=STANDARD),
        kms_tls_options={"kmip": {"tlsCAFile": ca, "tlsCertificateKeyFile": f"{client_files}.pem"}},
    )


def round_trip():
    with connect() as one, connect() as another:
        key = one.create_data_key("kmip", master_key={}, key_alt_names=["first"])
        hidden = one.encrypt("4111 1111 1111 1111", random, key_id=key)
        return {
            "subtype": hidden.subtype,
            "found": another.decrypt(hidden),
            "by name": another.decrypt(another.encrypt(42, random, key_alt_name="first")),
        }


def deterministic_encryption():
    with connect() as one, connect() as another:
        key = one.create_data_key("kmip", master_key={})
        return {"same": one.encrypt("x", deterministic, key_id=key) == another.encrypt("x", deterministic, key_id=key)}


def chosen_master_key():
    """A second data key under the master key that the first one made."""
    with connect() as client:
        first = keys.find_one({"_id": client.create_data_key("kmip", master_key={})})
        master = first["masterKey"]["keyId"]
        second = client.create_data_key("kmip", master_key={"keyId": master})
        return {
            "characters": len(master),
            "kept": keys.find_one({"_id": second})["masterKey"]["keyId"] == master,
            "found": client.decrypt(client.encrypt("under it", random, key_id=second)),
        }


def rewrap():
    """All data keys move to one new master key, and what they encrypted stays readable."""
    with connect() as client:
        key = client.create_data_key("kmip", master_key={})
        hidden = client.encrypt("kept", random, key_id=key)
        before = keys.find_one({"_id": key})["masterKey"]["keyId"]
        client.rewrap_many_data_key({"_id": key}, provider="kmip", master_key={})
        after = keys.find_one({"_id": key})["masterKey"]["keyId"]
    with connect() as another:
        return {"moved": before != after, "found": another.decrypt(hidden)}


def unknown_master_key():
    with connect() as client:
        try:
            client.create_data_key("kmip", master_key={"keyId": "00000000-0000-4000-8000-000000000000"})
        except EncryptionError as error:
            return {"refused": re.search("Result Reason \\(1\\): ([^.]*)", str(error))[1]}


def delegated():
    """The master key stays in the server, which encrypts and decrypts the data key."""
    with connect() as one, connect() as another:
        key = one.create_data_key("kmip", master_key={"delegated": True})
        return {"found": another.decrypt(one.encrypt("by the server", random, key_id=key))}


for each in (round_trip, deterministic_encryption, chosen_master_key, rewrap, unknown_master_key, delegated):
    line = {"theme": each.__name__}
    try:
        line["facts"] = each()
    except Exception as error:
        line["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(line), flush=True)
