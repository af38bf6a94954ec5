"""Certificates made at run time: an authority of a test's own, and what it signs."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


class Certificate(NamedTuple):
    """The paths of a certificate and its key, as PEM."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority that nobody trusts who isn't told to; `bundle` is the path of its certificate."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"sfn-job's tests: {name}")])
        authority = self._sign(self._name, self._key.public_key(), DAY, x509.BasicConstraints(ca=True, path_length=0))
        self.bundle = directory / f"{name}.pem"
        self.bundle.write_bytes(_pem(authority))

    def issue(self, *names: str, lifetime: timedelta = DAY) -> Certificate:
        """Sign a new server certificate for these host names and IP addresses; one that has expired by now if < 0."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        signed = self._sign(subject, key.public_key(), lifetime, alternatives)
        path = self._directory / f"{signed.serial_number}"
        issued = Certificate(path.with_suffix(".pem"), path.with_suffix(".key"))
        issued.certificate.write_bytes(_pem(signed))
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return issued

    def _sign(
        self, subject: x509.Name, public_key: object, lifetime: timedelta, extension: x509.ExtensionType
    ) -> x509.Certificate:
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        end = datetime.now(UTC) + lifetime
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 2 * DAY)
            .not_valid_after(end)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=isinstance(extension, x509.BasicConstraints),
                    crl_sign=False,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(self._key, hashes.SHA256())
        )


def _general_name(name: str) -> x509.GeneralName:

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:

    return certificate.public_bytes(serialization.Encoding.PEM)
