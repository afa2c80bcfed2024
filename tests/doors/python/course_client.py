"""A client of the courses document (seed 004), written from its text: orders, sessions, payments and their life cycles over gRPC.

The document names services, files, use cases and entities, and no fields: those are read from the proto files that it names.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Annotated, Any, Literal, Optional
from uuid import UUID, uuid4

# Its compiled half ends the process with a signal when the modules were made at run time (protobuf 7.36 and grpcio 1.85).
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from pydantic import BeforeValidator, TypeAdapter

from consumers import COURSE_EVENTS, consumed
from harness import SETTINGS, Strict, ask, check, eventually, same

# Protobuf writes 64-bit numbers as text in JSON.
Int64 = Annotated[int, BeforeValidator(int)]
OrderStatus = Literal["CREATED", "PAYMENT_INITIATED", "SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT"]
SessionStatus = Literal["PENDING", "BOOKED", "CANCELLED", "EXPIRED", "ATTENDED", "COMPLETED", "MISSED"]


def named(prefix: str) -> BeforeValidator:
    return BeforeValidator(lambda status: status.removeprefix(prefix))


class Money(Strict):
    amount: Int64
    currency: str


class PaymentDetails(Strict):
    id: str
    intent_id: str
    client_secret: Optional[str] = None
    status: Literal["pending", "processing", "authorized", "succeeded", "failed", "cancelled", "refunded"]
    amount: Int64
    amount_refunded: Int64
    method: Optional[str] = None
    paid_at: Optional[datetime] = None


class Refund(Strict):
    amount: Int64
    status: Literal["pending", "completed", "failed"]
    reason: str
    refunded_at: Optional[datetime] = None


class Session(Strict):
    item_id: str
    course_id: str
    session_id: str
    quantity: int
    start: Optional[datetime] = None
    end: Optional[datetime] = None
    amount: Int64


class OrderItem(Session):
    session_id: Optional[str] = None
    unit_price: Int64


class Common(Strict):
    reference: str
    user_id: str
    version: int
    total: Money
    expires_at: Optional[datetime] = None
    payment: Optional[PaymentDetails] = None
    refund: Optional[Refund] = None
    created_at: datetime
    updated_at: datetime


class Order(Common):
    order_id: UUID
    status: Annotated[OrderStatus, named("ORDER_STATUS_")]
    items: list[OrderItem]
    reason: Optional[str] = None


class SessionBooking(Common):
    id: UUID
    status: Annotated[SessionStatus, named("SESSION_BOOKING_STATUS_")]
    sessions: list[Session]


sys.path.append(SETTINGS["protos"])
orders_pb, orders_grpc = grpc.protos_and_services("order_service.proto")
sessions_pb, sessions_grpc = grpc.protos_and_services("session_service.proto")
CHANNEL = grpc.insecure_channel(SETTINGS["address"])
STUBS = (
    (orders_pb, orders_grpc.OrderServiceStub(CHANNEL)),
    (sessions_pb, sessions_grpc.SessionServiceStub(CHANNEL)),
)


class Client:
    """Calls a method of the two services by its name; a field of the request that there is not fails."""

    def __init__(self, token: Optional[str]) -> None:
        self.metadata = [] if token is None else [("authorization", f"Bearer {token}")]

    def call(self, method: str, **fields: Any) -> dict[str, Any]:
        module, stub = next(each for each in STUBS if hasattr(each[1], method))
        request = ParseDict(fields, getattr(module, f"{method}Request")())
        answer = getattr(stub, method)(request, metadata=self.metadata, timeout=60)
        return MessageToDict(answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)

    def order(self, method: str, **fields: Any) -> Order:
        return as_model(Order, self.call(method, **fields)["order"])

    def session(self, method: str, **fields: Any) -> SessionBooking:
        return as_model(SessionBooking, self.call(method, **fields)["booking"])


def as_model(model: Any, value: Any) -> Any:
    return TypeAdapter(model).validate_json(json.dumps(value))


def refused(code: grpc.StatusCode, call, *about: Any, **fields: Any) -> None:
    try:
        answer = call(*about, **fields)
    except grpc.RpcError as error:
        same(error.code(), code, error.details() or "")
    else:
        raise AssertionError(f"not refused: {answer}")


TOKENS = SETTINGS["tokens"]
student, stranger, operator, payments = (Client(TOKENS[name]) for name in ("student", "stranger", "operator", "payments"))
COURSE, SESSIONS, QUICK = SETTINGS["course"], SETTINGS["sessions"], SETTINGS["quick_course"]
DENIED, NOT_FOUND = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND
INVALID, ILLEGAL = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
live = iter(f"live-{n}" for n in range(1, 100))


def created(**more: Any) -> Order:
    return student.order("CreateOrder", items=[{"course_id": COURSE}], **more)


def read(order: Order) -> Order:
    return student.order("GetOrder", order_id=str(order.order_id))


def pay(order: Order) -> None:
    same(ask("pay", intent_id=order.payment.intent_id, client_secret=order.payment.client_secret), 200)


def paid(order: Order) -> Order:
    pay(order)
    return payments.order("PaymentSucceeded", order_id=str(order.order_id), event_id=str(uuid4()))


def to(status: str, order: Order, by: Client = payments, **more: Any) -> Order:
    return by.order("UpdateOrderStatus", order_id=str(order.order_id), status=f"ORDER_STATUS_{status}", **more)


def booked() -> SessionBooking:
    booking = student.session("BookSession", course_id=SESSIONS, session_id=next(live))
    same(booking.status, "PENDING")
    paid(student.order("GetOrder", order_id=str(booking.id)))
    return student.session("GetSessionBooking", id=str(booking.id))


def session_to(status: str, booking: SessionBooking, by: Client = operator) -> SessionBooking:
    fields = {"id": str(booking.id), "status": f"SESSION_BOOKING_STATUS_{status}", "reason": "came early"}
    return by.session("UpdateSessionBookingStatus", **fields)


# Of this run alone: bookings of one customer and key are one, also where two worlds share a Temporal server.
KEYS = [str(uuid4()) for _ in range(2)]

with check("create_order: several items, one payment, all held"):
    items = [{"course_id": COURSE}, {"course_id": SESSIONS, "session_id": next(live)}]
    first = student.order("CreateOrder", items=items, idempotency_key=KEYS[0])
    same((first.status, first.user_id, first.total), ("PAYMENT_INITIATED", "ada", Money(amount=13400, currency="USD")))
    same([(item.course_id, item.session_id, item.amount) for item in first.items], [
        (COURSE, None, 9900), (SESSIONS, items[1]["session_id"], 3500)])  # fmt: skip
    same((first.payment.amount, first.expires_at > first.created_at), (13400, True))

with check("create_order is idempotent, also when it is asked eight times at once"):
    same(student.order("CreateOrder", items=items, idempotency_key=KEYS[0]), first)
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(lambda _: created(idempotency_key=KEYS[1]).order_id, range(8)))
    same(set(again), {again[0]})

with check("create_order validates the course, the session and the items"):
    for items in ([{"course_id": "no-such-course"}], [{"course_id": SESSIONS, "session_id": "live-0"}], []):
        refused(INVALID, student.order, "CreateOrder", items=items)

with check("get_order and get_orders_by_user, by status too"):
    same(read(first), first)
    mine = as_model(list[Order], student.call("GetOrdersByUser", user_id="ada")["orders"])
    same(first in mine, True)
    asked = student.call("GetOrdersByUser", user_id="ada", statuses=["ORDER_STATUS_SUCCEEDED"])
    same(asked["orders"], [])

with check("the payment: initiated, succeeded, told again it changes nothing"):
    payment = student.call("InitiatePayment", order_id=str(first.order_id))["payment"]
    same(as_model(PaymentDetails, payment), first.payment)
    pay(first)
    fact = {"order_id": str(first.order_id), "event_id": "paid-1"}
    outcomes = [payments.call("PaymentSucceeded", **fact)["outcome"] for _ in range(2)]
    same(outcomes, ["PAYMENT_OUTCOME_APPLIED", "PAYMENT_OUTCOME_REPEATED"])
    done = read(first)
    same((done.status, done.payment.status, done.payment.paid_at is None), ("SUCCEEDED", "succeeded", False))

with check("the payment failed, and timed out: the order says so, and its answer has the status after it"):
    for method, status in (("PaymentTimedOut", "TIMED_OUT"), ("PaymentFailed", "FAILED")):
        order = failed = created()
        after = payments.order(method, order_id=str(order.order_id), event_id=str(uuid4()))
        same((after.status, read(order).status), (status, status))

with check("an order that nobody pays expires"):
    order = expired = student.order("CreateOrder", items=[{"course_id": QUICK}])
    eventually(lambda: same(read(order).status, "TIMED_OUT"))

with check("update_order_status: each status by whom it belongs to"):
    order = created(payment_later=True)
    same((order.status, order.payment), ("CREATED", None))
    same(to("PAYMENT_INITIATED", order, student).status, "PAYMENT_INITIATED")
    for status, by in (("FAILED", payments), ("TIMED_OUT", payments), ("SUCCEEDED", operator), ("CANCELLED", operator)):
        order = created()
        same(to(status, order, by, reason="at the desk", expected_version=order.version).status, status)
        same(read(order).status, status)

with check("update_order_status: what is not legal is refused, and changes nothing"):
    order = created()
    refused(DENIED, to, "SUCCEEDED", order, student)
    refused(NOT_FOUND, to, "CANCELLED", order, stranger)
    refused(INVALID, to, "UNSPECIFIED", order, operator)
    for status in ("CREATED", "FAILED", "TIMED_OUT"):
        refused(ILLEGAL, to, status, order, operator)
    same(read(order), order)

with check("cancel_order, and what is cancelled goes nowhere any more"):
    after = cancelled = student.order("CancelOrder", order_id=str(order.order_id), reason="no time")
    same((after.status, after.reason), ("CANCELLED", "no time"))
    for status in ("PAYMENT_INITIATED", "FAILED", "TIMED_OUT"):
        refused(ILLEGAL, to, status, order)
    same((read(order).status, read(order).reason), ("CANCELLED", "no time"))

with check("a paid order that is cancelled is refunded"):
    order = paid(created())
    after = student.order("CancelOrder", order_id=str(order.order_id))
    same((after.status, after.refund.amount), ("CANCELLED", 9900))
    eventually(lambda: same(read(order).refund.status, "completed"))

with check("create_session_booking: pending, booked by its payment, attended, completed"):
    booking = booked()
    same((booking.status, len(booking.sessions)), ("BOOKED", 1))
    refused(DENIED, session_to, "ATTENDED", booking, student)
    same(session_to("ATTENDED", booking).status, "ATTENDED")
    same(session_to("COMPLETED", booking).status, "COMPLETED")
    refused(ILLEGAL, session_to, "CANCELLED", booking)
    mine = as_model(list[SessionBooking], student.call("ListSessionBookings", user_id="ada")["bookings"])
    same(booking.id in [each.id for each in mine], True)

with check("a session is missed, or cancelled with its money back"):
    same(session_to("MISSED", booked()).status, "MISSED")
    after = student.session("CancelSessionBooking", id=str(booked().id), reason="ill")
    same((after.status, after.refund.amount), ("CANCELLED", 3500))

with check("a full session is refused, and nobody without a token, nobody else’s order"):
    full = next(live)
    student.session("BookSession", course_id=SESSIONS, session_id=full)
    refused(ILLEGAL, stranger.session, "BookSession", course_id=SESSIONS, session_id=full)
    refused(grpc.StatusCode.UNAUTHENTICATED, Client(None).order, "GetOrder", order_id=str(first.order_id))
    refused(NOT_FOUND, stranger.order, "GetOrder", order_id=str(first.order_id))
    refused(NOT_FOUND, student.order, "GetOrder", order_id=str(uuid4()))

with check("consumes OrderCreated, OrderSucceeded and OrderFailed"):
    told_of = consumed(COURSE_EVENTS)
    for order, expected in (
        (first, [("OrderCreated", "created"), ("OrderSucceeded", "succeeded")]),
        (failed, [("OrderCreated", "created"), ("OrderFailed", "failed")]),
        (expired, [("OrderCreated", "created"), ("OrderFailed", "timed_out")]),
        (cancelled, [("OrderCreated", "created"), ("OrderFailed", "cancelled")]),
    ):
        events = told_of[str(order.order_id)]
        same([(event.event_type, event.status) for event in events], expected)
        same((events[0].user_id, events[0].order_reference), ("ada", order.reference))
