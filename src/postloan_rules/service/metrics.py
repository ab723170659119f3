"""What the service counts, in the form that Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from postloan_rules.service.policies import Policies
    from postloan_rules.service.shadowing import ShadowDifference

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "postloan_requests", "Requests answered", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "postloan_request_seconds",
            "From the first byte of a request to the last of its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "postloan_requests_under_way", "Requests being read or decided", registry=self.registry
        )
        self.decisions = Counter(
            "postloan_decisions", "Customers decided", ["product", "version"], registry=self.registry
        )
        self.refused = Counter(
            "postloan_snapshots_refused", "Customers whose snapshot was refused", registry=self.registry
        )
        self.rate_limited = Counter(
            "postloan_rate_limited", "Requests over the rate of their key", ["key"], registry=self.registry
        )
        self.faults = Counter(
            "postloan_faults", "Requests that met a mistake of the service", registry=self.registry
        )
        self.unrecorded = Counter(
            "postloan_unrecorded",
            "Decisions not answered since they could not be recorded",
            registry=self.registry,
        )
        self.shadow_differences = Counter(
            "postloan_shadow_parts",
            "Parts of decisions that a shadow decides otherwise",
            ["product", "version", "part"],
            registry=self.registry,
        )

    def of(self, policies: Policies) -> None:
        """Count what these policies count themselves, too."""
        self.registry.register(_OfPolicies(policies))

    def told_of_shadow(self, difference: ShadowDifference) -> None:
        """Count what a shadow decides otherwise."""
        shadow = difference.shadow
        for part in difference.parts or ("undecided",):
            self.shadow_differences.labels(shadow.product, shadow.version, part).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class _OfPolicies(Collector):
    """What the policies count themselves, and which are in service."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    def collect(self) -> Iterator[Metric]:
        """The counts as they are now."""
        for name, count in asdict(self._policies.counters()).items():
            words = name.replace("_", " ")
            yield CounterMetricFamily(f"postloan_policies_{name}", f"Policies: {words}", value=count)
        served = GaugeMetricFamily(
            "postloan_policy",
            "1 for each policy in service",
            labels=["product", "version", "source", "fingerprint", "kind"],
        )
        now = self._policies.now
        for kind, versions in (("answers", now.products.values()), ("shadow", now.shadows.values())):
            for each in (version for some in versions for version in some):
                served.add_metric([each.product, each.version, each.source, each.fingerprint, kind], 1)
        yield served
        wrong = GaugeMetricFamily("postloan_policies_wrong", "Sources that something is wrong with now")
        wrong.add_metric([], len(self._policies.problems))
        yield wrong
