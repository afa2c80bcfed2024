"""A client of the tutoring document (seed 000), written from its text: schemas.py, enums.py, booking.py, create_booking.py, routes.py."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Optional

from pydantic import BaseModel, Field, ValidationError

from consumers import TUTORING_EVENTS, PaymentProcessed, consumed, types
from harness import SETTINGS, Answer, Fault, HTTPException, Strict, ValidationFaults, ask, callers, check, eventually, in_days, same

# domain/model/enums.py


class BookingStatus(str, Enum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentStatus(str, Enum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"


# presentation/api/schemas.py


class CreateBookingRequest(BaseModel):
    tutor_id: int = Field(..., gt=0)
    scheduled_start: datetime
    scheduled_end: datetime
    subject: str = Field(..., min_length=1, max_length=100)
    notes: Optional[str] = Field(None, max_length=500)


class BookingResponse(Strict):
    id: int
    student_id: int
    student_name: str
    tutor_id: int
    tutor_name: str
    subject: str
    scheduled_start: datetime
    scheduled_end: datetime
    amount: float
    currency: str
    status: BookingStatus
    payment_status: PaymentStatus
    meeting_url: Optional[str]
    notes: Optional[str]
    created_at: datetime
    updated_at: datetime


BOOKINGS = "/api/bookings/"
PEOPLE = callers()
student, stranger, tutor, operator = (PEOPLE[name] for name in ("student", "stranger", "tutor", "operator"))
TUTOR, QUICK_TUTOR, RATE = SETTINGS["tutor"], SETTINGS["quick_tutor"], SETTINGS["rate"]


def wanted(day: float = 7, hours: float = 1, **more: Any) -> dict[str, Any]:
    times = {"scheduled_start": in_days(day), "scheduled_end": in_days(day, hours)}
    return {"tutor_id": TUTOR, "subject": "Algebra", **times, **more}


def asked(body: Any) -> Answer:
    return student.post(BOOKINGS, body)


def made(day: float = 7, hours: float = 1, **more: Any) -> BookingResponse:
    return asked(wanted(day, hours, **more)).read(201, BookingResponse)


def read(number: int) -> BookingResponse:
    return student.get(f"{BOOKINGS}{number}").read(200, BookingResponse)


def until(number: int, status: BookingStatus, payment: PaymentStatus) -> BookingResponse:
    def look() -> BookingResponse:
        seen = read(number)
        same((seen.status, seen.payment_status), (status, payment))
        return seen

    return eventually(look)


def paid(day: float, hours: float = 1) -> BookingResponse:
    booking = made(day, hours)
    ask("pay", number=booking.id, method="pm_card_visa")
    return until(booking.id, BookingStatus.CONFIRMED, PaymentStatus.SUCCEEDED)


def refused(answer: Answer, detail: str) -> None:
    same(answer.read(400, HTTPException).detail, detail)


def command(number: int, name: str, by=student, body: Any = None) -> Answer:
    return by.post(f"{BOOKINGS}{number}/{name}", body)


def faults_of(body: dict[str, Any]) -> list[tuple]:
    """What the document's own model refuses, as FastAPI tells it."""
    try:
        CreateBookingRequest(**body)
    except ValidationError as error:
        return [told(Fault(**{**fault, "loc": ["body", *fault["loc"]]})) for fault in error.errors(include_url=False)]
    raise AssertionError(f"the document's own model takes {body}")


def told(fault: Fault) -> tuple:
    # Which character of a date is wrong is pydantic's own affair.
    if fault.type.startswith("datetime"):
        return ("datetime", fault.loc, fault.input)
    return (fault.type, fault.loc, fault.input, fault.msg, fault.ctx)


with check("is alive and ready"):
    for path in ("/health", "/ready"):
        same(PEOPLE["nobody"].get(path).status, 200, path)

with check("creates: 201 with the sixteen fields, pending and unpaid, at the tutor’s rate"):
    first = made(7, 1.5, notes="bring paper")
    same((first.status, first.payment_status, first.meeting_url), (BookingStatus.PENDING, PaymentStatus.PENDING, None))
    same((first.student_id, first.tutor_id, first.tutor_name), (42, TUTOR, "Tess"))
    same((first.scheduled_start, first.scheduled_end), (in_days(7), in_days(7, 1.5)))
    same((first.amount, first.currency, first.subject, first.notes), (RATE * 1.5, "USD", "Algebra", "bring paper"))
    same((first.student_name != "", first.created_at <= first.updated_at), (True, True))

with check("reads one and lists all"):
    same(read(first.id), first)
    same(first in student.get(BOOKINGS).read(200, list[BookingResponse]), True)
    same(stranger.get(BOOKINGS).read(200, list[BookingResponse]), [])

with check("only students create: 403 in the document’s words; nobody without a token"):
    same(tutor.post(BOOKINGS, wanted(8)).read(403, HTTPException).detail, "Only students can create bookings")
    PEOPLE["nobody"].post(BOOKINGS, wanted(8)).read(401, HTTPException)

with check("a booking that is not there is 404, somebody else’s too"):
    student.get(f"{BOOKINGS}999999").read(404, HTTPException)
    stranger.get(f"{BOOKINGS}{first.id}").read(404, HTTPException)
    command(first.id, "cancel", stranger).read(404, HTTPException)

with check("what the service raises as ValueError is 400 in its words"):
    refused(asked(wanted(7, 1.5)), "Tutor is not available at this time")
    refused(asked(wanted(9, 0)), "End time must be after start time")
    refused(asked(wanted(-1)), "Cannot book a session in the past")
    refused(asked(wanted(9, 0.49)), "Session must be at least 30 minutes")
    refused(asked(wanted(9, 4.01)), "Session cannot exceed 4 hours")

with check("30 minutes and 4 hours are allowed, and cost so many hours"):
    same((made(10, 0.5).amount, made(11, 4).amount), (RATE * 0.5, RATE * 4))

with check("times conflict when each begins before the other ends: touching is none, another tutor’s neither"):
    made(12, 2)
    for begin, hours in ((-1, 2), (1, 2), (-0.5, 3), (0.5, 1), (0, 2)):
        refused(asked(wanted(12 + begin / 24, hours)), "Tutor is not available at this time")
    for begin, hours in ((-1, 1), (2, 1)):
        made(12 + begin / 24, hours)
    made(12, 2, tutor_id=QUICK_TUTOR)

with check("reads times as the document’s own model does, whichever way they are written"):
    for hour, written in enumerate(
        (
            lambda at: at.isoformat(),
            lambda at: at.isoformat(sep=" "),
            lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            lambda at: at.strftime("%Y-%m-%dT%H:%M"),
            lambda at: at.strftime("%Y-%m-%d_%H:%M:%S,000z"),
            lambda at: at.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(),
            lambda at: at.astimezone(timezone(timedelta(hours=-8))).strftime("%Y-%m-%dt%H:%M:%S%z"),
            lambda at: at.timestamp(),
            lambda at: int(at.timestamp() * 1000),
            lambda at: str(int(at.timestamp())),
        )
    ):
        at = in_days(20, hour)
        body = wanted(scheduled_start=written(at), scheduled_end=written(at + timedelta(hours=1)))
        meant = CreateBookingRequest(**body).scheduled_start
        same(meant if meant.tzinfo else meant.replace(tzinfo=UTC), at)
        same(asked(body).read(201, BookingResponse).scheduled_start, at, str(body))

with check("reads the other fields as the document’s own model does"):
    for n, more in enumerate(
        (
            {"tutor_id": f" {TUTOR} "}, {"tutor_id": float(TUTOR)}, {"tutor_id": f"{TUTOR}.0"}, {"unknown": 1},
            {"subject": "ü" * 100}, {"subject": "😀" * 100}, {"notes": None}, {"notes": ""}, {"notes": "é" * 500},
        )
    ):  # fmt: skip
        meant = CreateBookingRequest(**wanted(21, **more))
        seen = asked(wanted(21 + n, **more)).read(201, BookingResponse)
        same((seen.tutor_id, seen.subject, seen.notes), (meant.tutor_id, meant.subject, meant.notes), str(more))

with check("what the document’s own model refuses is 422, with the same faults at the same fields"):
    texts = {"scheduled_start": in_days(30).isoformat(), "scheduled_end": in_days(30, 1).isoformat()}
    whole = wanted(30) | texts
    faulty = [{name: value for name, value in whole.items() if name != left_out} for left_out in whole]
    for field, values in {
        "tutor_id": (0, -1, 1.5, "seven", "", None, [7], {}),
        "subject": ("", "x" * 101, "😀" * 101, 5, None, True, ["a"]),
        "notes": ("x" * 501, 5, False, ["a"]),
        "scheduled_start": ("soon", "", None, True, [], "2027-02-30T10:00:00Z", "2027-01-01T25:00:00Z", "2027-01-01T10"),
    }.items():
        faulty += [whole | {field: value} for value in values]
    for body in [{}, *faulty]:
        faults = asked(body).read(422, ValidationFaults).detail
        same([told(fault) for fault in faults], faults_of(body), str(body)[:200])
    for text in ("", "{", "[1]", "null", '"text"', "7"):
        faults = asked(text).read(422, ValidationFaults).detail
        same([fault.loc[0] for fault in faults], ["body"], text)
    same(student.get(f"{BOOKINGS}abc").read(422, ValidationFaults).detail[0].type, "int_parsing")

with check("is not confirmed or completed before it is paid"):
    refused(command(first.id, "confirm", operator), "Cannot confirm booking without successful payment")
    refused(command(first.id, "complete", operator), f"Cannot complete booking with status: {BookingStatus.PENDING}")
    same(read(first.id), first)

with check("paid: confirmed, with a meeting"):
    lesson = paid(40)
    same((lesson.meeting_url or "").startswith("http"), True)
    same(command(lesson.id, "confirm", operator).read(200, BookingResponse), lesson)

with check("cancelled more than 24 hours ahead: the money comes back; a second time is refused"):
    cancelled = command(lesson.id, "cancel", body={"reason": "ill"}).read(200, BookingResponse)
    same(cancelled.status in (BookingStatus.CANCELLED, BookingStatus.REFUNDED), True)
    until(lesson.id, BookingStatus.REFUNDED, PaymentStatus.REFUNDED)
    refused(command(lesson.id, "cancel"), "Booking already cancelled")
    refused(command(lesson.id, "confirm", operator), f"Cannot confirm booking with status: {BookingStatus.REFUNDED}")
    refused(command(lesson.id, "complete", operator), f"Cannot complete booking with status: {BookingStatus.REFUNDED}")

with check("cancelled within 24 hours: cancelled, and the money stays"):
    late = paid(0.5)
    command(late.id, "cancel").read(200, BookingResponse)
    until(late.id, BookingStatus.CANCELLED, PaymentStatus.SUCCEEDED)

with check("cancelled unpaid: its time is free again, and it is confirmed no more"):
    unpaid = made(41)
    command(unpaid.id, "cancel").read(200, BookingResponse)
    same(read(unpaid.id).status, BookingStatus.CANCELLED)
    refused(command(unpaid.id, "confirm", operator), f"Cannot confirm booking with status: {BookingStatus.CANCELLED}")
    made(41)

with check("a payment that fails cancels it"):
    declined = made(42)
    ask("pay", number=declined.id, method="pm_card_declined")
    until(declined.id, BookingStatus.CANCELLED, PaymentStatus.FAILED)

with check("not paid in time it is cancelled, and its time is free again"):
    forgotten = made(43, tutor_id=QUICK_TUTOR)
    eventually(lambda: same(read(forgotten.id).status, BookingStatus.CANCELLED))
    made(43, tutor_id=QUICK_TUTOR)

with check("begins and is completed by its tutor, and is cancelled no more"):
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=15)
    lesson = asked(wanted(scheduled_start=begin, scheduled_end=begin + timedelta(hours=1))).read(201, BookingResponse)
    ask("pay", number=lesson.id, method="pm_card_visa")
    until(lesson.id, BookingStatus.CONFIRMED, PaymentStatus.SUCCEEDED)
    command(lesson.id, "complete").read(403, HTTPException)
    same(eventually(lambda: command(lesson.id, "start", tutor).read(200, BookingResponse)).status, BookingStatus.IN_PROGRESS)
    same(eventually(lambda: command(lesson.id, "complete", tutor).read(200, BookingResponse)).status, BookingStatus.COMPLETED)
    refused(command(lesson.id, "cancel", operator), "Cannot cancel completed booking")
    refused(command(lesson.id, "complete", tutor), f"Cannot complete booking with status: {BookingStatus.COMPLETED}")

with check("consumes its events with the document’s own classes, in the order of the life cycle"):
    told_of = consumed(TUTORING_EVENTS).values()

    def events_at(start: datetime) -> list[Any]:
        """Of the latest booking that was made for then."""
        return [events for events in told_of if events[0].scheduled_time.start == start][-1]

    requested, confirmed, cancellation = (event for event in events_at(in_days(40)) if not isinstance(event, PaymentProcessed))
    same(types([requested, confirmed, cancellation]), ["BookingRequested", "BookingConfirmed", "BookingCancelled"])
    same((requested.student_id, requested.tutor_id, requested.amount.amount), (42, TUTOR, Decimal(RATE)))
    same(confirmed.meeting_url.startswith("http"), True)
    seen = (cancellation.cancelled_by, cancellation.reason, cancellation.previous_status, cancellation.refund_eligible)
    same(seen, (42, "ill", "confirmed", True))
    same([event.status for event in events_at(in_days(40)) if isinstance(event, PaymentProcessed)], ["succeeded", "refunded"])
    same(events_at(in_days(0.5))[-1].refund_eligible, False)
    same(types(events_at(in_days(42))), ["BookingRequested", "BookingCancelled"])
    same(events_at(in_days(42))[-1].previous_status, "pending")
    same(types(events_at(begin), "PaymentProcessed"), ["BookingRequested", "BookingConfirmed"])
