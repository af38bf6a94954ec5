"""botocore's data files, read with less work and kept in less memory. Imports botocore."""

import gzip
import json
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from botocore.session import Session as CoreSession

SERVICES = {
    "signin": "signin",
    "sso": "portal.sso",
    "sso-oidc": "oidc",
    "stepfunctions": "states",
    "sts": "sts",
}
"""Those whose clients the job and botocore's credential providers make, with their names in endpoints.json."""


def lighten(core: "CoreSession") -> None:
    """Have the session find our services without a look at the other 400, and forget where those are."""
    loader = core.get_component("data_loader")
    loader.list_available_services = lambda _type_name: list(SERVICES)
    loader.file_loader = _Files()
    for partition in loader.load_data("endpoints")["partitions"]:
        hosts = partition["services"]
        partition["services"] = {name: hosts[name] for name in SERVICES.values() if name in hosts}


class _Files(JSONFileLoader):  # type: ignore[misc] # botocore ships no types
    """As botocore's own, which makes an OrderedDict of every object; a dict keeps the order too."""

    def load_file(self, file_path: str) -> Any:
        for ending, open_ in ((".json", open), (".json.gz", gzip.open)):
            try:
                with open_(file_path + ending, "rb") as file:
                    return json.loads(file.read())
            except FileNotFoundError:
                continue
        return None
