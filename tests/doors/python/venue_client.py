"""A client of the venues document (seed 003), written from its text: the data model, the nine routes, the statuses, versions and keys.

The document names the fields and gives no types; date, time and numbers are what a FastAPI service has for them.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Optional
from uuid import UUID, uuid4

from consumers import VENUE_EVENTS, consumed, types
from harness import SETTINGS, Answer, HTTPException, Strict, ValidationFaults, ask, callers, check, eventually, in_days, same


class BookingStatus(str, Enum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    EXPIRED = "EXPIRED"


PENDING, CONFIRMED, CHECKED_IN, COMPLETED, CANCELLED, NO_SHOW, EXPIRED = BookingStatus

# The diagram of the document, and the no-show that it explains below; what the clock alone does is not asked for.
BY_HAND = {
    PENDING: {CONFIRMED, CANCELLED},
    CONFIRMED: {CHECKED_IN, CANCELLED, NO_SHOW},
    # Checked in a second time, a guest is checked in, and nothing changes.
    CHECKED_IN: {CHECKED_IN, COMPLETED, CANCELLED},
    COMPLETED: set(),
    CANCELLED: set(),
    # A no-show by mistake can be taken back; the document says nothing of it.
    NO_SHOW: {CONFIRMED},
    EXPIRED: set(),
}


class Booking(Strict):
    id: UUID
    booking_reference: str
    guest_id: str
    guest_name: Optional[str]
    guest_email: Optional[str]
    guest_phone: Optional[str]
    venue_id: str
    venue_type: Optional[str]
    venue_name: Optional[str]
    booking_date: date
    booking_time: time
    duration_minutes: int
    party_size: int
    status: BookingStatus
    version: int
    total_amount: float
    currency: str
    payment_intent_id: Optional[str]
    payment_status: Optional[str]
    inventory_reservation_id: str
    notes: Optional[str]
    expires_at: Optional[datetime]
    created_at: datetime
    updated_at: datetime
    confirmed_at: Optional[datetime]
    checked_in_at: Optional[datetime]
    completed_at: Optional[datetime]
    cancelled_at: Optional[datetime]
    no_show_at: Optional[datetime]
    expired_at: Optional[datetime]


class Availability(Strict):
    venue_id: str
    booking_date: date
    booking_time: time
    duration_minutes: int
    party_size: int
    available: bool
    conflicts: list[Any]
    estimated_amount: Optional[float]
    currency: Optional[str]


class Conflict(HTTPException):
    code: str
    current: Optional[Booking] = None


BOOKINGS = "/api/v1/bookings"
PEOPLE = callers()
guest, stranger, business = (PEOPLE[name] for name in ("guest", "stranger", "business"))
VENUE, QUICK_VENUE = SETTINGS["venue"], SETTINGS["quick_venue"]
ADA = {"guest_id": "ada", "guest_name": "Ada", "guest_email": "ada@example.test", "guest_phone": "+41 44 000 00 00"}


def place(day: float, **more: Any) -> dict[str, Any]:
    at = in_days(day)
    return {"venue_id": VENUE, "booking_date": at.date(), "booking_time": at.time(), "party_size": 2, **more}


def wanted(day: float, **more: Any) -> dict[str, Any]:
    return {**ADA, "venue_type": "restaurant", "venue_name": "Bistro", **place(day, **more)}


def made(day: float, **more: Any) -> Booking:
    return guest.post(BOOKINGS, wanted(day, **more)).read(201, Booking)


def read(booking: Booking) -> Booking:
    return guest.get(f"{BOOKINGS}/{booking.id}").read(200, Booking)


def until(booking: Booking, status: BookingStatus) -> Booking:
    def look() -> Booking:
        seen = read(booking)
        same(seen.status, status)
        return seen

    return eventually(look)


def paid(day: float) -> Booking:
    booking = made(day)
    ask("pay", id=str(booking.id))
    return until(booking, CONFIRMED)


def moved(booking: Booking, status: BookingStatus, by=business, **more: Any) -> Answer:
    body = {"status": status, "expected_version": booking.version, "reason": "came early", **more}
    return by.post(f"{BOOKINGS}/{booking.id}/status", body)


def cancelled(booking: Booking, **more: Any) -> Answer:
    return guest.post(f"{BOOKINGS}/{booking.id}/cancel", {"reason": "ill", "expected_version": booking.version, **more})


def changed(booking: Booking, **more: Any) -> Answer:
    return guest.put(f"{BOOKINGS}/{booking.id}", {"expected_version": booking.version, **more})


STANDING: dict[BookingStatus, Booking] = {}

with check("checks availability by venue, date, time and party"):
    seen = guest.post(f"{BOOKINGS}/availability/check", place(7)).read(200, Availability)
    same((seen.available, seen.conflicts, seen.estimated_amount, seen.currency), (True, [], 50.0, "USD"))
    same((seen.booking_date, seen.booking_time), (in_days(7).date(), in_days(7).time()))

with check("creates: PENDING, with guest, venue, price and what is held until when"):
    first = made(7, notes="by the window")
    for name, value in wanted(7, notes="by the window").items():
        same(getattr(first, name), value, name)
    same((first.status, first.total_amount, first.currency, first.duration_minutes), (PENDING, 50.0, "USD", 90))
    same((first.expires_at or first.created_at) > first.created_at, True)
    same((first.payment_intent_id is None, first.inventory_reservation_id != ""), (False, True))

with check("reads by id and by reference, and lists by guest and by venue"):
    same(read(first), first)
    same(guest.get(f"{BOOKINGS}/reference/{first.booking_reference}").read(200, Booking), first)
    same(first in guest.get(f"{BOOKINGS}/guest/ada").read(200, list[Booking]), True)
    same(first in business.get(f"{BOOKINGS}/venue/{VENUE}").read(200, list[Booking]), True)

with check("goes PENDING, CONFIRMED by its payment, CHECKED_IN, COMPLETED, each step with its time and a new version"):
    steps = [first]
    ask("pay", id=str(first.id))
    steps.append(until(first, CONFIRMED))
    steps.append(moved(steps[-1], CHECKED_IN).read(200, Booking))
    steps.append(moved(steps[-1], COMPLETED).read(200, Booking))
    same([each.status for each in steps], [PENDING, CONFIRMED, CHECKED_IN, COMPLETED])
    same(sorted({each.version for each in steps}), [each.version for each in steps])
    last = STANDING[COMPLETED] = steps[-1]
    times = [last.created_at, last.confirmed_at, last.checked_in_at, last.completed_at]
    same((None in times, last.cancelled_at, last.no_show_at, last.expired_at), (False, None, None, None))
    same(sorted(times), times)

with check("the business confirms what nobody has paid, and a guest does not"):
    booking = made(8)
    moved(booking, CONFIRMED, guest).read(403, HTTPException)
    key = str(uuid4())
    confirmed = moved(booking, CONFIRMED, idempotency_key=key).read(200, Booking)
    same((confirmed.status, confirmed.confirmed_at is None), (CONFIRMED, False))
    same(moved(booking, CONFIRMED, idempotency_key=key).read(200, Booking), confirmed)

with check("is CANCELLED from PENDING, CONFIRMED and CHECKED_IN, by guest and by business"):
    booking = made(9)
    STANDING[CANCELLED] = cancelled(booking).read(200, Booking)
    same((STANDING[CANCELLED].status, STANDING[CANCELLED].cancelled_at is None), (CANCELLED, False))
    same(cancelled(paid(9)).read(200, Booking).status, CANCELLED)
    arrived = moved(paid(9), CHECKED_IN).read(200, Booking)
    same(moved(arrived, CANCELLED).read(200, Booking).status, CANCELLED)

with check("NO_SHOW: the guest did not come"):
    STANDING[NO_SHOW] = moved(paid(10), NO_SHOW).read(200, Booking)
    same((STANDING[NO_SHOW].status, STANDING[NO_SHOW].no_show_at is None), (NO_SHOW, False))

with check("EXPIRED: not confirmed in time; the table is free again"):
    quick = {"venue_id": QUICK_VENUE}
    booking = made(11, **quick)
    full = guest.post(f"{BOOKINGS}/availability/check", place(11, **quick)).read(200, Availability)
    STANDING[EXPIRED] = until(booking, EXPIRED)
    same((full.available, STANDING[EXPIRED].expired_at is None), (False, False))
    made(11, **quick)

with check("every transition that the state machine does not have is a conflict, and changes nothing"):
    STANDING[PENDING], STANDING[CONFIRMED] = made(12), paid(12)
    STANDING[CHECKED_IN] = moved(paid(13), CHECKED_IN).read(200, Booking)
    same(set(STANDING), set(BookingStatus))
    for status, before in STANDING.items():
        booking = read(before)
        same(booking.status, status)
        for target in set(BookingStatus) - BY_HAND[status]:
            conflict = moved(booking, target).read(409, Conflict)
            same(conflict.detail != "", True, f"{status} to {target}")
        same(read(booking), booking, f"after {status}")

with check("an update, a cancellation and a status need the version, and a stale one is a conflict with the booking as it is"):
    booking = made(14)
    stale = booking.model_copy(update={"version": booking.version - 1})
    for answer in (changed(stale, party_size=1), cancelled(stale), moved(stale, CONFIRMED), moved(stale, CANCELLED)):
        same(answer.read(409, Conflict).current, booking)
    for path, body in (("", {"party_size": 1}), ("/cancel", {}), ("/status", {"status": "CANCELLED"})):
        answer = business.call("POST" if path else "PUT", f"{BOOKINGS}/{booking.id}{path}", body)
        same([fault.loc for fault in answer.read(422, ValidationFaults).detail], [["body", "expected_version"]])
    same(read(booking), booking)

with check("of eight updates of one version at once, one is made and seven are conflicts"):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: changed(booking, notes=f"note {n}"), range(8)))
    same(sorted(answer.status for answer in answers), [200] + [409] * 7)
    same(read(booking).notes in [f"note {n}" for n in range(8)], True)

with check("updates date, time, length, party and notes, and keeps id and reference"):
    booking = booking_updated = made(15)
    to = in_days(16, 1)
    more = {"booking_date": to.date(), "booking_time": to.time(), "duration_minutes": 120, "party_size": 1, "notes": "late"}
    after = changed(booking, **more).read(200, Booking)
    for name, value in more.items():
        same(getattr(after, name), value, name)
    same((after.id, after.booking_reference, after.version > booking.version), (booking.id, booking.booking_reference, True))
    same(after.total_amount, 25.0)

with check("a key makes create, update and cancel once, and gives the first answer again"):
    keys = [{"idempotency_key": str(uuid4())} for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: made(17, **keys[0]), range(4)))
    same(answers, [answers[0]] * 4)
    after = [changed(answers[0], notes="once", **keys[1]).read(200, Booking) for _ in range(2)]
    same(after[0], after[1])
    gone = [cancelled(after[0], **keys[2]).read(200, Booking) for _ in range(2)]
    same(gone[0], gone[1])
    same((gone[0].version, read(gone[0]).status), (gone[1].version, CANCELLED))

with check("a full house is a conflict; a party too large too; an unknown venue is not there"):
    made(18), made(18)
    full = guest.post(f"{BOOKINGS}/availability/check", place(18)).read(200, Availability)
    same((full.available, len(full.conflicts) > 0), (False, True))
    guest.post(BOOKINGS, wanted(18)).read(409, Conflict)
    guest.post(BOOKINGS, wanted(19, party_size=9)).read(409, Conflict)
    guest.post(BOOKINGS, wanted(19, venue_id="nowhere")).read(404, HTTPException)

with check("what is not valid is 422 and names the field"):
    whole = wanted(20)
    for field in ("guest_id", "venue_id", "booking_date", "booking_time", "party_size"):
        for faulty in ({**whole, field: None}, {name: value for name, value in whole.items() if name != field}):
            faults = guest.post(BOOKINGS, faulty).read(422, ValidationFaults).detail
            same([fault.loc for fault in faults], [["body", field]], str(faulty))
    for field, value in (
        ("party_size", 0), ("party_size", 1.5), ("booking_date", "2027-02-31"), ("booking_date", "soon"), ("booking_time", "25:00"),
        ("booking_time", "8 pm"), ("duration_minutes", 0), ("guest_email", "nobody"),
    ):  # fmt: skip
        faults = guest.post(BOOKINGS, {**whole, field: value}).read(422, ValidationFaults).detail
        same([fault.loc for fault in faults], [["body", field]], str(value))

with check("nobody without a token, nobody else’s bookings, and what is not there is 404"):
    PEOPLE["nobody"].post(BOOKINGS, wanted(21)).read(401, HTTPException)
    guest.post(BOOKINGS, wanted(21, guest_id="ben")).read(403, HTTPException)
    stranger.get(f"{BOOKINGS}/{first.id}").read(404, HTTPException)
    for path in (f"/{uuid4()}", "/1", "/reference/VEN-NOPE"):
        guest.get(BOOKINGS + path).read(404, HTTPException)

with check("consumes the eight events by their names, those of each status and one for each change of it"):
    told_of = consumed(VENUE_EVENTS)
    for status, names in {
        COMPLETED: ["created", "confirmed", "checked_in", "completed"],
        CANCELLED: ["created", "cancelled"],
        NO_SHOW: ["created", "confirmed"],
        EXPIRED: ["created", "expired"],
    }.items():
        events = told_of[str(STANDING[status].id)]
        same(types(events, "booking.status_changed"), [f"booking.{name}" for name in names])
        changes = {COMPLETED: 3, NO_SHOW: 2}.get(status, 1)
        same(types(events).count("booking.status_changed"), changes)
        same(events[-1].status.upper(), status.value)
    same("booking.updated" in types(told_of[str(booking_updated.id)]), True)
