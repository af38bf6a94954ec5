"""Secrets in any text around them."""

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from job.logs import Redactor
from job.secrets import MASK

ANY = st.characters(exclude_categories=())
"""Lone surrogates too: the environment's bytes that aren't UTF-8."""

TEXTS = st.text(ANY, max_size=30)
SECRETS = st.text(st.characters(exclude_categories=(), exclude_characters="*"), min_size=1, max_size=40)
"""Without the mask's own character: a star beside a mask may look like one of the secret's."""


def forms(secret: str) -> list[str]:
    raw = secret.encode(errors="surrogatepass")
    return [
        secret,
        quote(raw),
        quote(raw, safe=""),
        quote_plus(raw),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    ]


@given(secrets=st.lists(SECRETS, min_size=1, max_size=4), texts=st.lists(TEXTS, min_size=5, max_size=5))
def test_no_form_of_a_secret_survives(secrets: list[str], texts: list[str]) -> None:
    """Whatever stands before and behind it, another secret too."""
    redact = Redactor(secrets)
    for form in range(7):
        parts = [text + forms(secret)[form] for text, secret in zip(texts, secrets, strict=False)]
        redacted = redact("".join(parts) + texts[-1])
        assert MASK in redacted
        assert not any(one in redacted for secret in secrets for one in forms(secret))


@given(
    secret=st.text(max_size=40).filter(lambda text: len(text.encode()) >= 8),
    before=st.binary(max_size=20),
    behind=st.binary(max_size=20),
)
def test_no_base64_of_a_text_with_a_secret_tells_it(secret: str, before: bytes, behind: bytes) -> None:
    """Wherever in it the secret stands: of its bytes a few at the edges are left at most."""
    redacted = Redactor([secret])(base64.b64encode(before + secret.encode() + behind).decode())
    assert MASK in redacted
    runs = [run.rstrip("=") for run in redacted.split(MASK)]
    first, last = runs[0], runs[-1]
    told_before = base64.b64decode(first[: len(first) // 4 * 4])
    assert len(told_before) <= len(before) + 2
    assert len(last) * 3 / 4 <= len(behind) + 3


@given(secrets=st.lists(SECRETS, max_size=4), text=TEXTS)
def test_a_text_without_secrets_stays_as_it_is(secrets: list[str], text: str) -> None:
    """Byte for byte."""
    redacted = Redactor(secrets)(text)
    told = any(one in text for secret in secrets for one in forms(secret))
    assert told or redacted == text or all(len(secret.encode(errors="surrogatepass")) > 6 for secret in secrets)


@given(secrets=st.lists(SECRETS, max_size=6), text=TEXTS, data=st.data())
def test_secrets_may_be_learnt_one_by_one(secrets: list[str], text: str, data: st.DataObject) -> None:
    """In any order, and none is forgotten."""
    redact = Redactor([])
    for secret in data.draw(st.permutations(secrets)):
        redact.learn([secret])
    text = "".join([*secrets, text])
    assert redact(text) == Redactor(secrets)(text)
