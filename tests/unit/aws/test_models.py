"""botocore's data, read with less work: what the clients are made of stays the same."""

from typing import Any

import botocore.session
import pytest
from botocore.regions import EndpointResolver

from job.aws.models import SERVICES, lighten


@pytest.fixture
def light() -> Any:
    session = botocore.session.Session()
    lighten(session)
    return session


@pytest.fixture(scope="module")
def usual() -> Any:
    return botocore.session.Session()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1"])
def test_a_services_model_is_botocores(service: str, kind: str, light: Any, usual: Any) -> None:
    ours, theirs = (one.get_component("data_loader").load_service_model(service, kind) for one in (light, usual))
    assert ours == theirs


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_hosts_are_botocores_in_every_region(service: str, light: Any, usual: Any) -> None:
    """By the name that endpoints.json has for it, which isn't the client's."""
    model = usual.get_component("data_loader").load_service_model(service, "service-2")
    assert SERVICES[service] == model["metadata"]["endpointPrefix"]
    resolvers = [EndpointResolver(one.get_component("data_loader").load_data("endpoints")) for one in (light, usual)]
    partitions = resolvers[1].get_available_partitions()
    regions = {
        region
        for partition in partitions
        for other in ("ec2", SERVICES[service])
        for region in resolvers[1].get_available_endpoints(other, partition, allow_non_regional=True)
    }
    assert len(regions) > 20
    for region in regions:
        ours, theirs = (resolver.construct_endpoint(SERVICES[service], region) for resolver in resolvers)
        assert ours == theirs


def test_a_service_that_is_not_there_is_botocores_error(light: Any) -> None:
    with pytest.raises(botocore.exceptions.UnknownServiceError):
        light.create_client("s3", region_name="eu-west-1")
