"""Events: hints from the actors about what they did. Their absence proves nothing."""

from __future__ import annotations

from tui.facts.meta import Fact, ObjectMeta


class ObjectReference(Fact, frozen=True):
    """What an Event is about."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class EventSource(Fact, frozen=True):
    """Who says so, in the older of the two spellings."""

    component: str = ""
    host: str = ""


class EventSeries(Fact, frozen=True):
    """How often, in the newer of the two spellings."""

    count: int = 0


class Event(Fact, frozen=True):
    """corev1.Event. Real servers send both `source.component` and `reportingComponent`, or either."""

    metadata: ObjectMeta = ObjectMeta()
    involved_object: ObjectReference = ObjectReference()
    reason: str = ""
    message: str = ""
    type: str = "Normal"
    count: int | None = None
    series: EventSeries | None = None
    source: EventSource = EventSource()
    reporting_component: str = ""

    @property
    def component(self) -> str:
        """The actor that emitted it, such as "replicaset-controller"."""
        return self.reporting_component or self.source.component

    @property
    def times(self) -> int:
        """How often it has happened, by the sender's own count."""
        return (self.series.count if self.series else None) or self.count or 1
