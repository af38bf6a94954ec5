"""How hard hypothesis tries: `make test` takes the same few examples each time, `make properties` many new ones."""

from hypothesis import HealthCheck, settings

# No database: an example worth keeping becomes a test of its own. No deadline: the machine may be busy.
settings.register_profile("fast", derandomize=True, max_examples=60, database=None, deadline=None)
settings.register_profile(
    "long",
    max_examples=1_000,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fast")
