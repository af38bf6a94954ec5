"""The kinds of values: what they take, and what they refuse."""

from typing import Any

import pytest
from botocore.httpsession import where
from environs import ValidationError

from job import values

ACCEPTED: list[tuple[values.Kind, str, Any]] = [
    *((values.BOOLEAN, text, True) for text in ("true", "TRUE", "yes", "On", "1")),
    *((values.BOOLEAN, text, False) for text in ("false", "No", "OFF", "0")),
    (values.seconds(zero=False), "0.5", 0.5),
    (values.seconds(zero=False), "10", 10),
    (values.seconds(zero=True), "0", 0),
    (values.seconds(zero=True), "1e3", 1000),
    (values.choice("a", "b"), "b", "b"),
    (values.whole_seconds(900, 43_200), "900", 900),
    (values.whole_seconds(900, 43_200), "43200", 43_200),
    *(
        (values.JSON, text, text)
        for text in (
            "{}",
            "null",
            '"text"',
            "[1.50, 1e400, -0]",
            '{"b":1,"a":2,"b":3}',
            '" \\u0041\\ud83d\\ude00 \U0001f600 "',
            "1" * 5000,
            "[" * 500 + "]" * 500,
            "[" * 120_000 + "]" * 120_000,
            ' {"a" :\n1}\t',
        )
    ),
    (values.PROXY, "http://proxy:3128", {"http": "http://proxy:3128", "https": "http://proxy:3128"}),
    (values.PROXY, "https://[::1]:3128/", {"http": "https://[::1]:3128", "https": "https://[::1]:3128"}),
    (values.PROXY, "http://my_proxy.corp.:1", {"http": "http://my_proxy.corp.:1", "https": "http://my_proxy.corp.:1"}),
    (values.PROXY, "http://a:1, https://b:2", {"http": "http://a:1", "https": "https://b:2"}),
    *(
        (values.REGION, text, text)
        for text in ("eu-central-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "ap-southeast-12")
    ),
    *(
        (values.ROLE_ARN, text, text)
        for text in (
            "arn:aws:iam::123456789012:role/name",
            "arn:aws-cn:iam::123456789012:role/a/path/na+me=,.@-_",
            "arn:aws-us-gov:iam::123456789012:instance-profile/name",
        )
    ),
    *(
        (values.STATE_MACHINE_ARN, text, text)
        for text in (
            "arn:aws:states:us-east-1:123456789012:stateMachine:name",
            "arn:aws:states:us-east-1:123456789012:stateMachine:name:3",
            "arn:aws:states:us-east-1:123456789012:stateMachine:name:PROD",
            "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:name",
            "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:name",
            "arn:aws-iso-b:states:us-isob-east-1:123456789012:stateMachine:name",
        )
    ),
    (values.EXECUTION_NAME, "nightly_report.é-1", "nightly_report.é-1"),
    (values.CERTIFICATES, where(), where()),
    (values.PROXY_USER, "corp\\me@%/", "corp\\me@%/"),
]

REFUSED = [
    *((values.BOOLEAN, text) for text in ("t", "y", "2", "truth", " true")),
    *((values.seconds(zero=False), text) for text in ("0", "-1", "nan", "inf", "-inf", "1e999", "ten", "0x10", "1 s")),
    *((values.seconds(zero=True), text) for text in ("-0.1", "nan")),
    *((values.choice("a", "b"), text) for text in ("A", "c", "a ")),
    *((values.whole_seconds(900, 43_200), text) for text in ("899", "43201", "900.5", "-900", "٩٠٠", "9" * 5000)),
    *(
        (values.JSON, text)
        for text in ("{", "{'a':1}", "NaN", "[Infinity]", "-Infinity", "[1,]", "01", "\ufeff{}", "{} {}", '"\n"')
    ),
    *(
        (values.PROXY, text)
        for text in (
            "proxy:3128",
            "http://proxy",
            "socks5://proxy:1",
            "http://proxy:99999",
            "http://pro xy:1",
            "http://pröxy:1",
            "http://proxy..corp:1",
            f"http://{'x' * 64}:1",
            "http://proxy:1/path",
            "http://[::1:3128",
            "http://a:1,http://b:2",
            "http://user:password@proxy:1",
            ",",
        )
    ),
    *(
        (values.REGION, text)
        for text in ("Europe", "eu-central", "eu_central_1", "EU-CENTRAL-1", "eu-central-1.evil.com")
    ),
    *(
        (values.ROLE_ARN, text)
        for text in (
            "name",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/?",
        )
    ),
    *(
        (values.STATE_MACHINE_ARN, text)
        for text in (
            "name",
            "arn:aws:states:us-east-1:123456789012:execution:name:run",
            "arn:aws:lambda:us-east-1:123456789012:function:name",
            "arn:aws:states:us-east-1:12345:stateMachine:name",
            "arn:aws:states:us-east-1:123456789012:stateMachine:",
            "arn:aws:states:us-east-1:123456789012:stateMachine:name:1:2",
            "arn:gcp:states:us-east-1:123456789012:stateMachine:name",
            "arn:aws:states:us-east-1:123456789012:stateMachine:name\n",
        )
    ),
    *((values.EXECUTION_NAME, text) for text in ("a b", "a/b", "a:b", "tab\t", "x" * 79, "\x80", "\ufffe")),
    (values.CERTIFICATES, "/nowhere"),
    (values.CERTIFICATES, "/etc/hostname"),
    (values.CERTIFICATES, "null\0byte"),
    (values.PROXY_USER, "corp:me"),
    (values.PATH, "null\0byte"),
]


@pytest.mark.parametrize(("kind", "text", "value"), ACCEPTED, ids=lambda thing: str(thing)[:40])
def test_accepted(kind: values.Kind, text: str, value: Any) -> None:
    """What the contract allows is parsed, and texts stay as they were."""
    assert kind.parse(text) == value


@pytest.mark.parametrize(("kind", "text"), REFUSED, ids=lambda thing: str(thing)[:40])
def test_refused_without_repeating_the_value(kind: values.Kind, text: str) -> None:
    """A long value may be a secret in the wrong variable."""
    with pytest.raises(ValidationError) as raised:
        kind.parse(text)
    assert len(text) < 12 or text not in str(raised.value)
