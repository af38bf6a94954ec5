"""Files of certificates (PEM)."""

import re


def problem_with(path: str) -> str | None:
    """Return what is wrong with a file of certificates, as the end of a sentence about the variable that names it.

    Only the first certificate is looked into: all of a system's are 0.02 s of CPU at every start, and OpenSSL looks
    into them again when it connects.
    """
    import ssl  # noqa: PLC0415 - start-up is paid by everybody, this is needed by few

    try:
        with open(path, encoding="ascii", errors="ignore") as file:
            content = file.read()
        first = re.match(r".*?-----END [A-Z0-9 ]*CERTIFICATE-----", content, re.DOTALL)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=first[0] if first else content)
    except (ssl.SSLError, ValueError):  # the latter of an empty file
        return "names a file that holds no certificates (PEM), or damaged ones"
    except OSError as error:
        return f"names a file that can't be read: {error.strerror}"
    return None
