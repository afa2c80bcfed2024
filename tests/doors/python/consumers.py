"""Consumers of the three Python documents' events, with the classes that those give them, or the names where they give no more.

A message is `{key, type, value}`: its key on the topic, its type from the headers, its value as the text that was sent.
"""

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Optional
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from harness import ask, same

# Seed 000: domain/events, domain/model/value_objects.py, and what domain/model/booking.py makes of them. Decimals come as text.


class Event(BaseModel):
    model_config = ConfigDict(extra="forbid")
    event_type: str


class Money(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: Decimal
    currency: Literal["USD", "EUR", "GBP"]


class DateTimeRange(BaseModel):
    model_config = ConfigDict(extra="forbid")
    start: datetime
    end: datetime


class DomainEvent(Event):
    event_id: UUID
    occurred_at: datetime
    booking_id: int


class BookingRequested(DomainEvent):
    student_id: int
    tutor_id: int
    scheduled_time: DateTimeRange
    amount: Money


class BookingConfirmed(DomainEvent):
    student_id: int
    tutor_id: int
    scheduled_time: DateTimeRange
    meeting_url: str


class BookingCancelled(DomainEvent):
    student_id: int
    tutor_id: int
    # 0: no user, but the clock, or a payment that failed.
    cancelled_by: int
    reason: Optional[str]
    previous_status: Literal["pending", "confirmed", "in_progress"]
    refund_eligible: bool


class PaymentProcessed(DomainEvent):
    """Named by its file alone: its fields are the payment's."""

    payment_id: str
    amount: Money
    status: Literal["succeeded", "refunded"]


TUTORING_EVENTS = {each.__name__: each for each in (BookingRequested, BookingConfirmed, BookingCancelled, PaymentProcessed)}


# Seeds 003 and 004 name their events and give no fields: what a booking or an order has must be there, and more may be.


class VenueEvent(BaseModel):
    event_type: str
    booking_id: UUID
    booking_reference: str
    version: int
    status: str
    guest_id: str
    venue_id: str
    venue_type: Optional[str]
    venue_name: Optional[str]
    booking_date: str
    booking_time: str
    duration_minutes: int
    party_size: int
    total_amount: Decimal
    occurred_at: datetime


NAMES = ("created", "updated", "cancelled", "status_changed", "confirmed", "checked_in", "completed", "expired")
VENUE_EVENTS = {f"booking.{name}": VenueEvent for name in NAMES}


class OrderEvent(BaseModel):
    event_type: str
    event_id: UUID
    occurred_at: datetime
    order_id: UUID
    user_id: str
    order_reference: str
    status: str
    total_amount: Decimal
    currency: str


COURSE_EVENTS = {name: OrderEvent for name in ("OrderCreated", "OrderSucceeded", "OrderFailed")}


def consumed(classes: dict[str, type[BaseModel]]) -> dict[str, list[Any]]:
    """The events of each key, in order, read with their classes; what the document does not name is passed over. A repeated one is dropped."""
    events: dict[str, list[Any]] = defaultdict(list)
    for message in ask("events"):
        if message["type"] not in classes:
            continue
        event = classes[message["type"]].model_validate(json.loads(message["value"]))
        same(event.event_type, message["type"])
        if event not in events[message["key"]]:
            events[message["key"]].append(event)
    return events


def types(events: list[Any], without: str = "") -> list[str]:
    return [event.event_type for event in events if event.event_type != without]
