#!/usr/bin/env python3
"""A whole engine in one file of standard Python: the protocol of docs/engine.md and nothing else.

    python3 docs/engine/example.py --api http://127.0.0.1:8700 --key-file .local/engine-key.json --kind scene [--jobs 1]

What it makes is a model of one triangle and a small JSON file beside it; put your own work into `convert`. A real engine would use a library for RS256
(PyJWT, google-auth) and for CRC32C (google-crc32c): both are written out here so that nothing has to be installed.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

LEASE_SECONDS = 60


# -- The protocol ---------------------------------------------------------------------------------------------------------------


class LeaseLost(Exception):
    """Someone else has the job, or it was cancelled: drop the work, report nothing."""


class Gateway:
    """The engine's routes. A lost answer is asked for again: every one of them may be repeated."""

    def __init__(self, api, key_file):
        self.api = api.rstrip("/")
        with open(key_file, encoding="utf8") as file:
            self.key = json.load(file)
        self.token, self.token_until = None, 0

    def lease(self, engine_id, kinds, maximum=1):
        wish = {"engineId": engine_id, "kinds": kinds, "max": maximum, "leaseSeconds": LEASE_SECONDS}
        # The same key for each try: if an answer was lost, the next one holds the same leases.
        return self.post("/v1/engine/leases", wish, {"Idempotency-Key": str(uuid.uuid4())})["leases"]

    def on(self, lease, what, body):
        return self.post(f"/v1/engine/leases/{lease['leaseId']}/{what}", body)

    def post(self, path, body, headers=None):
        for wait in (1, 2, 4, 8, 15, None):
            request = urllib.request.Request(
                self.api + path,
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.id_token()}", **(headers or {})},
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = json.loads(error.read() or b"{}")
                if error.code == 409 and problem.get("code") == "lease_lost":
                    raise LeaseLost() from None
                if wait is None or (error.code < 500 and error.code != 429):
                    raise RuntimeError(f"{path}: {error.code} {problem.get('code')}: {problem.get('detail')}") from None
                wait = float(error.headers.get("Retry-After") or wait)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if wait is None:
                    raise
            time.sleep(wait)

    def id_token(self):
        """A Google ID token for the key's account, by a signed assertion (RFC 7523); kept until a minute before its end."""
        if time.time() < self.token_until - 60:
            return self.token
        now = int(time.time())
        claims = {
            "iss": self.key["client_email"],
            "sub": self.key["client_email"],
            "aud": self.key["token_uri"],
            "iat": now,
            "exp": now + 3600,
            "target_audience": self.api,
        }
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": sign_jwt(claims, self.key["private_key"]),
        }
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.key["token_uri"], data=data, timeout=30) as answer:
            self.token = json.load(answer)["id_token"]
        self.token_until = now + 3600
        return self.token


class Heartbeat(threading.Thread):
    """Renews a lease at a third of its length and says when to stop."""

    def __init__(self, gateway, lease):
        super().__init__(daemon=True)
        self.gateway, self.lease = gateway, lease
        self.progress, self.stage = 0.0, "starting"
        self.stop_working = threading.Event()
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(LEASE_SECONDS / 3):
            try:
                report = {"progress": self.progress, "stage": self.stage, "leaseSeconds": LEASE_SECONDS}
                if self.gateway.on(self.lease, "renew", report)["cancelRequested"]:
                    self.stop_working.set()
                    return
            except LeaseLost:
                self.stop_working.set()
                return
            except Exception as error:  # the network may be back in time for the next beat
                print(f"renewal failed: {error}", file=sys.stderr)

    def tell(self, progress, stage):
        self.progress, self.stage = progress, stage
        if self.stop_working.is_set():
            raise LeaseLost()


def work(gateway, lease):
    """One job, from its inputs to its completion."""
    heartbeat = Heartbeat(gateway, lease)
    heartbeat.start()
    try:
        inputs = {role: fetch(described) for role, described in lease["inputs"].items()}
        files, data = convert(lease["job"], inputs, heartbeat.tell)
        announced = [{"name": f["name"], "contentType": f["contentType"], "size": len(f["bytes"])} for f in files]
        for upload, file in zip(gateway.on(lease, "outputs", {"files": announced})["files"], files):
            put(upload, file["bytes"])
        sums = [{"name": f["name"], "role": f["role"], "crc32c": crc32c(f["bytes"])} for f in files]
        gateway.on(lease, "complete", {"files": sums, "data": data})
        print(f"{lease['job']['id']}: done", flush=True)
    except LeaseLost:
        print(f"{lease['job']['id']}: lease lost or cancelled, dropped", flush=True)
    except ValueError as error:  # what convert says about an input that can't be used
        message = str(error) or "This can't be converted."
        gateway.on(lease, "fail", {"code": "input_unusable", "message": message, "retryable": False})
    finally:
        heartbeat.done.set()


def fetch(described):
    with urllib.request.urlopen(described["url"], timeout=300) as answer:
        content = answer.read()
    if len(content) != described["size"] or crc32c(content) != described["crc32c"]:
        raise RuntimeError("an input did not arrive whole")
    return content


def put(upload, content):
    request = urllib.request.Request(upload["url"], data=content, method=upload["method"], headers=upload["headers"])
    try:
        urllib.request.urlopen(request, timeout=300).close()
    except urllib.error.HTTPError as error:
        if error.code != 412:  # 412: an earlier try arrived after all; complete will compare the checksum
            raise


# -- Your work ------------------------------------------------------------------------------------------------------------------


def convert(job, inputs, tell):
    """Turns the inputs into the kind's files. Raise ValueError with a sentence for the family when an input can't be used."""
    tell(0.1, "looking")
    if not all(inputs.values()):
        raise ValueError("The file is empty.")
    tell(0.9, "modelling")
    # One model, and what it needs beside it, under names of your own: the viewer finds companions by the names the model uses.
    network = json.dumps({"layers": [[0.25, -0.5], [1.0, 0.0]]}).encode()
    files = [
        {"name": f"{job['kind']}_1.glb", "role": "model", "contentType": "model/gltf-binary", "bytes": triangle()},
        {"name": f"{job['kind']}_1.json", "role": "companion", "contentType": "application/json", "bytes": network},
    ]
    return files, {"inputBytes": sum(map(len, inputs.values()))}


def triangle():
    """The smallest honest GLB (glTF 2.0, binary container)."""
    corners = struct.pack("<9f", 0, 0, -2, 1, 0, -2, 0, 1, -2)
    gltf = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, -2], "max": [1, 1, -2]}
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(corners), "target": 34962}],
        "buffers": [{"byteLength": len(corners)}],
    }
    text = json.dumps(gltf, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(corners), 0x004E4942) + corners
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


# -- What a library would do ----------------------------------------------------------------------------------------------------

CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(content):
    """Base64 of the big-endian CRC32C (Castagnoli), as Cloud Storage gives it."""
    value = 0xFFFFFFFF
    for byte in content:
        value = CRC_TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return base64.b64encode(struct.pack(">I", value ^ 0xFFFFFFFF)).decode()


def sign_jwt(claims, private_key):
    """A JWT signed with RS256 (RFC 7515, RFC 8017 section 8.2)."""
    signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    modulus, exponent = rsa_private_key(private_key)
    size = (modulus.bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    signature = pow(int.from_bytes(padded, "big"), exponent, modulus).to_bytes(size, "big")
    return f"{signed}.{base64url(signature)}"


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def rsa_private_key(pem):
    """Modulus and private exponent of a PKCS #8 key in PEM (RFC 5208, RFC 8017 appendix A.1.2)."""
    der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))
    _, _, wrapped = der_items(der_items(der)[0])[:3]
    _, modulus, _, exponent = der_items(der_items(wrapped)[0])[:4]
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def der_items(content):
    """The contents of consecutive DER values."""
    items, at = [], 0
    while at < len(content):
        length, at = content[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(content[at : at + count], "big"), at + count
        items.append(content[at : at + length])
        at += length
    return items


def main():
    options = argparse.ArgumentParser(description="A small engine.")
    options.add_argument("--api", required=True)
    options.add_argument("--key-file", required=True)
    options.add_argument("--kind", action="append", required=True)
    options.add_argument("--jobs", type=int, default=0, help="end after so many jobs; 0 goes on for ever")
    options.add_argument("--poll-seconds", type=float, default=5)
    given = options.parse_args()

    gateway = Gateway(given.api, given.key_file)
    engine_id = f"example-{uuid.uuid4().hex[:8]}"
    done = 0
    while given.jobs == 0 or done < given.jobs:
        leases = gateway.lease(engine_id, given.kind)
        for lease in leases:
            work(gateway, lease)
            done += 1
        if not leases:
            time.sleep(given.poll_seconds)  # or wait for a ring on /wake


if __name__ == "__main__":
    main()
