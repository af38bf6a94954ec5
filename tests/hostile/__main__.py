"""`python -m tests.hostile --port 8080`: the endpoint by hand; prints its URL and logs requests until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import logging
import threading

from .endpoint import HostileEndpoint


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="PEM files")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with HostileEndpoint(port=arguments.port, tls=arguments.tls) as aws:
        print(aws.url, aws.state_machine_arn, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
