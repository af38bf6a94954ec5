"""The engine, the image and LocalStack are those of tests/image."""

from tests.image.conftest import built, engine, state_machines

__all__ = ["built", "engine", "state_machines"]
