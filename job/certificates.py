"""Files of certificates (PEM)."""


def problem_with(path: str) -> str | None:
    """Return what is wrong with a file of certificates, as the end of a sentence about the variable that names it."""
    import ssl  # noqa: PLC0415 - start-up is paid by everybody, this is needed by few

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "names a file that holds no certificates (PEM), or damaged ones"
    except OSError as error:
        return f"names a file that can't be read: {error.strerror}"
    return None
