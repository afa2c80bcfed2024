// Written by `npm run client` from the OpenAPI document.

export type Booking = {
id: string
reference: string
profile: "tutoring" | "clinic" | "ticketing" | "venue" | "course"
status: "pending" | "awaiting_approval" | "confirmed" | "checked_in" | "in_progress" | "completed" | "no_show" | "cancelled" | "expired" | "refunded"
version: number
customer: {
id: string
name: string | null
email: string | null
phone: string | null
}
provider: {
id: string
name: string | null
} | null
venue: {
id: string
type: string | null
name: string | null
} | null
items: readonly ({
id: string
offering_id: string
unit_id: string
/** what the unit was called when it was booked */
unit_label: string | null
kind: "seat" | "slot" | "calendar" | "table" | "room" | "enrolment"
quantity: number
start: string | null
end: string | null
/** the same moment on the clock of `time_zone`, with its offset */
start_local: string | null
/** the same moment on the clock of `time_zone`, with its offset */
end_local: string | null
/** minor units of the booking’s currency */
unit_price: number
/** minor units of the booking’s currency */
amount: number
/** `attended`, `missed`: its visit is over, and another one of the booking was ahead */
status: "active" | "released" | "cancelled" | "attended" | "missed"
})[]
start: string | null
end: string | null
time_zone: string
/** the same moment on the clock of `time_zone`, with its offset */
start_local: string | null
/** the same moment on the clock of `time_zone`, with its offset */
end_local: string | null
party_size: number | null
/** in the answer to a second check-in: when and by whom the guest was checked in */
already?: {
at: string
by: {
role: string
id: string
}
} | undefined
subject: string | null
pet_id: string | null
notes: string | null
metadata: { [name: string]: string }
/** minor units of the booking’s currency */
amount: number
currency: string
price: {
/** minor units of the booking’s currency */
subtotal: number
/** minor units of the booking’s currency */
fees: number
/** minor units of the booking’s currency */
tax: number
/** minor units of the booking’s currency */
total: number
lines: readonly ({
item_id: string
/** minor units of the booking’s currency */
unit_price: number
/** minor units of the booking’s currency */
amount: number
})[]
quote_id: string | null
/** the part of the fees that was kept of cancelled items and of changes for less */
kept: number
/** what cancelling would not have given back when the booking was moved: nor does it by the new date */
forfeited: number
}
hold: {
lock_id: string
expires_at: string
} | null
payment: {
id: string
intent_id: string
client_secret: string | null
status: "pending" | "processing" | "authorized" | "succeeded" | "failed" | "cancelled" | "refunded"
/** minor units of the booking’s currency */
amount: number
/** minor units of the booking’s currency */
amount_refunded: number
method: string | null
paid_at: string | null
} | null
refund: {
/** minor units of the booking’s currency */
amount: number
status: "pending" | "completed" | "failed"
reason: string
refunded_at: string | null
} | null
/** a change that is made once its supplement is paid; until then the booking stands as it is */
change: {
id: string
items: readonly ({
id: string
offering_id: string
unit_id: string
quantity: number
start: string | null
end: string | null
/** minor units of the booking’s currency */
amount: number
})[]
start: string | null
end: string | null
party_size: number | null
/** minor units of the booking’s currency */
amount: number
/** minor units of the booking’s currency */
supplement: number
expires_at: string
payment: {
id: string
intent_id: string
client_secret: string | null
status: "pending" | "processing" | "authorized" | "succeeded" | "failed" | "cancelled" | "refunded"
/** minor units of the booking’s currency */
amount: number
/** minor units of the booking’s currency */
amount_refunded: number
method: string | null
paid_at: string | null
} | null
} | null
cancellation: {
reason: string
by: {
role: string
id: string
}
at: string
} | null
ticket_reference: string | null
meeting_url: string | null
snapshots: { [name: string]: unknown }
available_actions: readonly (string)[]
waiting_for: string | null
next_deadline: string | null
attention: {
reason: string
since: string
} | null
/** its unit is gone: move it or cancel it with everything back, until then */
displacement: {
reason: string
at: string
until: string
} | null
/** a number that is this booking’s alone, for clients that need one */
number: number
/** when it last came to each status */
steps: {
held_until: string
confirmed_at: string | null
checked_in_at: string | null
started_at: string | null
completed_at: string | null
no_show_at: string | null
cancelled_at: string | null
expired_at: string | null
refunded_at: string | null
}
created_at: string
updated_at: string
}

export type Problem = {
type: string
title: string
status: number
code: "malformed" | "validation_failed" | "unauthenticated" | "forbidden" | "not_found" | "sold_out" | "hold_expired" | "version_conflict" | "illegal_transition" | "policy_forbids" | "idempotency_mismatch" | "payload_too_large" | "unsupported_media_type" | "rate_limited" | "unavailable"
detail: string
errors?: readonly ({
pointer: string
message: string
candidates?: readonly (string)[] | undefined
})[] | undefined
[name: string]: unknown
}

export type Order = TutoringOrder | ClinicOrder | TicketingOrder | VenueOrder | CourseOrder

export type TutoringOrder = {
profile: "tutoring"
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[]
customer?: {
/** for whom it is: needed, unless a customer books */
id?: string | undefined
name?: string | undefined
email?: string | undefined
phone?: string | undefined
} | undefined
notes?: string | undefined
metadata?: { [name: string]: string } | undefined
payment_method?: string | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
subject: string
}

export type ClinicOrder = {
profile: "clinic"
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[]
customer?: {
/** for whom it is: needed, unless a customer books */
id?: string | undefined
name?: string | undefined
email?: string | undefined
phone?: string | undefined
} | undefined
notes?: string | undefined
metadata?: { [name: string]: string } | undefined
payment_method?: string | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
pet_id?: string | undefined
}

export type TicketingOrder = {
profile: "ticketing"
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[]
customer?: {
/** for whom it is: needed, unless a customer books */
id?: string | undefined
name?: string | undefined
email?: string | undefined
phone?: string | undefined
} | undefined
notes?: string | undefined
metadata?: { [name: string]: string } | undefined
payment_method?: string | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type VenueOrder = {
profile: "venue"
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[]
customer?: {
/** for whom it is: needed, unless a customer books */
id?: string | undefined
name?: string | undefined
email?: string | undefined
phone?: string | undefined
} | undefined
notes?: string | undefined
metadata?: { [name: string]: string } | undefined
payment_method?: string | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
party_size: number
}

export type CourseOrder = {
profile: "course"
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[]
customer?: {
/** for whom it is: needed, unless a customer books */
id?: string | undefined
name?: string | undefined
email?: string | undefined
phone?: string | undefined
} | undefined
notes?: string | undefined
metadata?: { [name: string]: string } | undefined
payment_method?: string | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Reservation = {
/** the booking’s id */
reservation_id: string
lock_id: string
reference: string
status: "pending" | "confirmed" | "cancelled" | "expired"
/** null once nothing is held any more that could expire */
expires_at: string | null
created_at: string
updated_at: string
booking: Booking
}

export type Availability = {
available: boolean
items: readonly ({
offering_id: string
unit_id: string | null
available: boolean
conflicts: readonly ({
unit_id: string
start: string | null
end: string | null
quantity: number
})[]
price: {
amount: number
currency: string
} | null
})[]
}

export type AvailabilityQuestion = {
items: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
party_size?: number | undefined
})[]
}

export type History = {
history: readonly ({
version: number
action: string
previous_status: string | null
status: string
actor: {
role: string
id: string
}
reason: string | null
data: { [name: string]: unknown }
at: string
})[]
}

export type BookingPage = {
bookings: readonly (Booking)[]
next_cursor: string | null
page?: number | undefined
limit: number
total?: number | undefined
}

export type Timeline = {
/** `history`: only the facts of the booking are known */
source: "temporal" | "history"
/** what is missing, and why */
note: string | null
entries: readonly ({
at: string
kind: string
text: string
actor: {
role: string
id: string
} | null
details: { [name: string]: unknown }
workflow_id: string | null
run_id: string | null
event_id: number | null
version: number | null
})[]
}

export type Cancel = {
reason?: string | undefined
/** cancels these items alone; all of them are the whole booking */
item_ids?: readonly (string)[] | undefined
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type CancellationPreview = {
can_cancel: boolean
refund: {
amount: number
currency: string
percent: number
}
valid_until: string | null
/** what is not given back: it stays forfeited when the visit is moved to another date */
forfeited: number
version: number
}

export type StatusChange = {
status?: "pending" | "awaiting_approval" | "confirmed" | "checked_in" | "in_progress" | "completed" | "no_show" | "cancelled" | "expired" | "refunded" | undefined
action?: "approve" | "decline" | "check_in" | "start" | "complete" | "no_show" | "undo_no_show" | "cancel" | undefined
reason?: string | undefined
/** with `undo_no_show`, where a part of the price went back: it is asked for again, or left with the guest */
returned?: "ask_again" | "leave" | undefined
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type ContactCorrection = {
name?: string | null | undefined
email?: string | null | undefined
phone?: string | null | undefined
reason?: string | undefined
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Change = {
/** all that is to be booked from then on; what is asked for as it was keeps its unit */
items?: readonly ({
offering_id: string
unit_id?: string | undefined
quantity?: number | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
/** seats that nobody names: side by side, or none at all */
adjacent?: boolean | undefined
/** seats that nobody names: in this section */
section?: string | undefined
})[] | undefined
party_size?: number | undefined
notes?: string | null | undefined
reason?: string | undefined
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type ConfirmReservation = {
payment_method?: string | undefined
notes?: string | undefined
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type ExtendHold = {
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Operation = {
operation: "settle_refund"
refund_key: string
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "stop_refund"
refund_key: string
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "retry"
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "force_release"
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "confirm_by_hand"
/** minor units of the currency */
amount?: number | undefined
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "settle_displacement"
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
} | {
operation: "acknowledge"
reason: string
/** the version you looked at; or If-Match */
expected_version?: number | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type OfferingPut = (OfferingView) & ({
/** what still keeps it from being sold */
warnings: readonly ({
code: string
message: string
})[]
/** the ids of bookings that this took units from */
affected?: readonly (string)[] | undefined
})

export type OfferingView = {
id: string
profile: "tutoring" | "clinic" | "ticketing" | "venue" | "course"
name: string
description: string | null
provider: {
id: string
name: string | null
} | null
venue: {
id: string
type: string | null
name: string | null
} | null
price: {
amount: number
currency: string
}
price_unit: string
duration_minutes: number | null
requires_approval: boolean
is_available: boolean
on_sale_from: string | null
on_sale_until: string | null
time_zone: string
availability_exceptions: readonly ({
from: string
to: string
reason: string | null
})[]
capacity: number | null
}

export type Offering = {
profile: "tutoring" | "clinic" | "ticketing" | "venue" | "course"
name: string
description?: string | undefined
provider?: {
id: string
name?: string | undefined
} | undefined
venue?: {
id: string
type?: string | undefined
name?: string | undefined
} | undefined
price: ListPrice
price_unit?: "each" | "hour" | "night" | "person" | undefined
duration_minutes?: number | undefined
requires_approval?: boolean | undefined
is_available?: boolean | undefined
on_sale_from?: string | undefined
on_sale_until?: string | undefined
time_zone?: string | undefined
availability_exceptions?: readonly ({
from?: string | undefined
from_local?: string | undefined
from_offset?: string | undefined
to?: string | undefined
to_local?: string | undefined
to_offset?: string | undefined
reason?: string | undefined
})[] | undefined
capacity?: number | null | undefined
policy?: Policy | undefined
/** fewer places than are booked: the latest bookings are displaced */
force?: boolean | undefined
}

export type ListPrice = {
/** minor units of the currency */
amount: number
currency?: string | undefined
}

export type Policy = {
hold_seconds?: number | undefined
lapse_grace_seconds?: number | undefined
extend_seconds?: number | undefined
max_extensions?: number | undefined
processing_grace_seconds?: number | undefined
approval_seconds?: number | undefined
on_payment_failed?: "cancel" | "retry" | undefined
capture?: "automatic" | "manual" | undefined
refund_tiers?: readonly ({
hours_before: number
percent: number
})[] | undefined
/** what cancelling would not give back any more is forfeited by a move to another date as well; true if absent */
forfeits_on_move?: boolean | undefined
no_show_grace_seconds?: number | null | undefined
no_show_fee_percent?: number | undefined
check_in_opens_minutes?: number | undefined
buffer_before_minutes?: number | undefined
buffer_after_minutes?: number | undefined
min_notice_minutes?: number | undefined
max_lead_days?: number | null | undefined
reminders?: readonly ({
type: "upcoming" | "check_in" | "follow_up" | "review_request"
offset_minutes: number
})[] | undefined
platform_fee_basis_points?: number | undefined
stale_price_seconds?: number | undefined
}

export type UnitsPut = {
offering_id: string
written: number
/** the ids of bookings that this took units from */
affected: readonly (string)[]
/** what still keeps it from being sold */
warnings: readonly ({
code: string
message: string
})[]
}

export type Units = {
units: readonly ({
id: string
kind: "seat" | "slot" | "calendar" | "table" | "room" | "enrolment"
label?: string | undefined
section?: string | undefined
row?: string | undefined
start?: string | undefined
start_local?: string | undefined
start_offset?: string | undefined
end?: string | undefined
end_local?: string | undefined
end_offset?: string | undefined
staff_id?: string | undefined
capacity?: number | null | undefined
min_party?: number | undefined
max_party?: number | undefined
price?: ListPrice | undefined
status?: "available" | "blocked" | undefined
})[]
force?: boolean | undefined
reason?: string | undefined
}

export type Blocked = {
offering_id: string
unit_id: string
status: "available" | "blocked"
/** the ids of bookings that this took units from */
affected: readonly (string)[]
}

export type Block = {
offering_id: string
blocked?: boolean | undefined
reason?: string | undefined
force?: boolean | undefined
}

export type VenueProviders = {
venue_id: string
providers: readonly ({
id: string
allowed_by: string
allowed_at: string
})[]
}

export type VenueProvider = { [name: string]: never }

export type Slots = {
service: OfferingView
slots: readonly ({
id: string
kind: "seat" | "slot" | "calendar" | "table" | "room" | "enrolment"
label: string | null
section: string | null
row: string | null
start: string | null
end: string | null
/** of slots: the start on the clock there */
start_local?: string | null | undefined
end_local?: string | null | undefined
staff_id: string | null
capacity: number | null
booked_count: number
price: {
amount: number
currency: string
}
status: "available" | "booked" | "blocked"
created_at: string
updated_at: string
})[]
}

export type Seats = {
event: OfferingView
seats: readonly ({
id: string
kind: "seat" | "slot" | "calendar" | "table" | "room" | "enrolment"
label: string | null
section: string | null
row: string | null
start: string | null
end: string | null
/** of slots: the start on the clock there */
start_local?: string | null | undefined
end_local?: string | null | undefined
staff_id: string | null
capacity: number | null
booked_count: number
price: {
amount: number
currency: string
}
status: "available" | "booked" | "blocked"
})[]
}

export type ClinicServices = {
services: readonly ((OfferingView) & ({
created_at: string
updated_at: string
}))[]
}

export type OfferingPage = {
offerings: readonly (OfferingOnSale)[]
next_cursor: string | null
limit: number
}

export type OfferingOnSale = (OfferingView) & ({
unit_kinds: readonly ("seat" | "slot" | "calendar" | "table" | "room" | "enrolment")[]
/** null: on sale now; else why it is not */
closed_because: string | null
})

export type UnitOnSale = {
id: string
kind: "seat" | "slot" | "calendar" | "table" | "room" | "enrolment"
label: string | null
section: string | null
row: string | null
start: string | null
end: string | null
/** of slots: the start on the clock there */
start_local?: string | null | undefined
end_local?: string | null | undefined
staff_id: string | null
capacity: number | null
booked_count: number
price: {
amount: number
currency: string
}
status: "available" | "booked" | "blocked"
min_party: number | null
max_party: number | null
}

export type Review = {
id: string
booking_id: string | null
user_id: string | null
clinic_id: string | null
service_id: string
rating: number
ratings_breakdown: { [name: string]: number }
comment: string | null
attachments: readonly ({
id: string
url: string
})[]
is_verified: boolean
is_published: boolean
created_at: string
updated_at: string
}

export type NewReview = {
rating: number
ratings_breakdown?: { [name: string]: number } | undefined
comment?: string | undefined
/** ids of attachments of the booking */
attachments?: readonly (string)[] | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type PublishReview = {
is_published?: boolean | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Notification = {
id: string
user_id: string
booking_id: string | null
/** set where `booking_id` is not: it is about an offer of the waitlist */
waitlist_entry_id: string | null
type: string
title: string
content: string
metadata: { [name: string]: string | null }
is_read: boolean
read_at: string | null
delivery_status: string
delivery_attempts: readonly ({
at: string
channel: string
outcome: string
detail?: string | undefined
})[]
created_at: string
}

export type ReadNotification = {
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Reminder = {
id: string
booking_id: string
reminder_type: string
scheduled_time: string
status: string
delivery_channels: readonly (string)[]
sent_at: string | null
created_at: string
updated_at: string
}

export type Attachment = {
id: string
booking_id: string
file_name: string
file_url: string
file_type: string
file_size: number
description: string | null
is_public: boolean
uploaded_by: {
role: string
id: string
}
uploaded_at: string
created_at: string
}

export type Upload = {
file: Blob
description?: string | undefined
/** may be shown to everybody with a published review of the booking */
is_public?: "true" | "false" | undefined
}

export type WaitlistEntry = {
id: string
status: "waiting" | "offered" | "accepted" | "expired" | "withdrawn"
profile: "tutoring" | "clinic" | "ticketing" | "venue" | "course"
customer: {
id: string
}
items: readonly ({
id: string
offering_id: string
/** the one wanted, or the one offered */
unit_id: string | null
quantity: number
start: string | null
end: string | null
})[]
party_size: number | null
/** 1: next in line; null unless it waits */
position: number | null
/** price and terms hold until `expires_at`, whatever becomes of the offering’s */
offer: {
expires_at: string
/** what it costs if it is accepted; null for the moment in which it is priced */
amount: number | null
currency: string | null
price: {
/** minor units of the booking’s currency */
subtotal: number
/** minor units of the booking’s currency */
fees: number
/** minor units of the booking’s currency */
tax: number
/** minor units of the booking’s currency */
total: number
lines: readonly ({
item_id: string
/** minor units of the booking’s currency */
unit_price: number
/** minor units of the booking’s currency */
amount: number
})[]
quote_id: string | null
/** the part of the fees that was kept of cancelled items and of changes for less */
kept: number
/** what cancelling would not have given back when the booking was moved: nor does it by the new date */
forfeited: number
} | null
/** how much comes back by the policy of the offer, which is that of the booking it becomes */
refund_tiers: readonly ({
hours_before: number
percent: number
})[] | null
no_show_fee_percent: number | null
} | null
/** the booking that it became */
booking_id: string | null
closes_at: string | null
available_actions: readonly ("accept" | "withdraw")[]
history: readonly ({
status: "waiting" | "offered" | "accepted" | "expired" | "withdrawn"
at: string
by: {
role: string
id: string
}
})[]
created_at: string
updated_at: string
}

export type WaitlistPage = {
entries: readonly (WaitlistEntry)[]
next_cursor: string | null
limit: number
}

export type Acceptance = {
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type Audit = {
healthy: boolean
violations: readonly ({
invariant: string
subject: string
detail: string
})[]
reconciliation: Reconciliation
}

/** the last reconciliation that is over: invariant 9 is as it left it; null: there was none yet */
export type Reconciliation = {
id: string
started_at: string
finished_at: string | null
/** the database had been restored to an earlier time */
restored: boolean
/** open bookings that were compared */
bookings: number
/** runs of workflows that were compared */
runs: number
findings: readonly (Discrepancy)[]
} | null

export type Discrepancy = {
kind: string
subject: string
detail: string
outcome: "repaired" | "attention" | "open"
}

export type FinancialEntry = {
id: string
booking_id: string
clinic_id: string | null
provider_id: string | null
type: "payment" | "refund"
/** minor units of the currency; negative where money went back */
total_amount: number
/** minor units of the currency; negative where money went back */
platform_fee: number
/** minor units of the currency; negative where money went back */
clinic_amount: number
/** minor units of the currency; negative where money went back */
tax_amount: number
currency: string
status: "pending" | "settled"
settlement_date: string | null
settlement_details: { [name: string]: unknown } | null
transaction_reference: string | null
created_at: string
updated_at: string
}

export type Settle = {
transaction_reference: string
/** when it was paid out; now, unless it says */
settlement_date?: string | undefined
details?: { [name: string]: string | number | boolean } | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type CompletionRates = {
/** what the report says is of then */
as_of: string
rows: readonly ({
/** when the month begins in the zone */
month: string
/** of the place: periods are by its clock */
time_zone: string
/** the first day of the period there */
first_day: string
total_bookings: number
completed_bookings: number
cancelled_bookings: number
no_show_bookings: number
completion_rate: number
cancellation_rate: number
})[]
}

export type UpcomingBookings = {
/** what the report says is of then */
as_of: string
rows: readonly ({ [name: string]: unknown })[]
page: number
limit: number
total: number
}

export type Settlement = {
/** what the report says is of then */
as_of: string
rows: readonly ({
clinic_id: string | null
provider_id: string | null
currency: string
/** when the period begins in the zone */
period: string
/** of the place: periods are by its clock */
time_zone: string
/** the first day of the period there */
first_day: string
gross: number
refunds: number
fees: number
tax: number
net: number
settled: number
open: number
})[]
}

export type PaymentFactOutcome = {
outcome: "applied" | "stale" | "repeated" | "parked"
}

export type PaymentFact = {
/** the same for the same fact: told again, it changes nothing */
event_id: string
type: "succeeded" | "failed" | "timed_out"
/** the intent’s, or another that the payment service knows */
payment_id?: string | undefined
/** absent: the payment service is asked */
amount?: number | undefined
currency?: string | undefined
payment_method?: string | undefined
reason?: string | undefined
occurred_at?: string | undefined
}

export type WebhookEndpointWithSecret = (WebhookEndpoint) & ({
/** signs the webhooks (Standard Webhooks); shown here and nowhere else */
secret: string
})

export type WebhookEndpoint = {
id: string
url: string
events: readonly (string)[]
description: string | null
status: "enabled" | "disabled"
/** gone: it answered 410; failing: nothing arrived for three days */
disabled_reason: "by_owner" | "gone" | "failing" | null
failing_since: string | null
created_at: string
updated_at: string
}

export type WebhookEndpointRequest = {
/** https; no redirect is followed */
url: string
/** which changes of a booking; empty: all. `held`: the units are held; `payment_requested`: it can be paid; `payment_processing`: the bank is at work; `payment_authorized`: the bank has set the money aside; `payment_captured`: the money was taken; `payment_failed`: a payment failed; `payment_voided`: a payment was cancelled; `hold_extended`: the units are held longer; `reservation_confirmed`: the second of two steps; `displaced`: its unit was taken away; `displacement_settled`: that was settled; `approval_awaited`: somebody has to approve it; `approved`: somebody approved it; `meeting_made`: the meeting has a link; `confirmed`: it stands; `revival_started`: it was paid late, and may stand after all; `revival_failed`: it does not; `ended`: it was cancelled, declined or has expired; `moved`: the visit began, was completed or missed; `refund_requested`: money is to go back; `refund_succeeded`: money is back; `refund_failed`: a refund failed; `refund_bounced`: a refund came back; `bounce_settled`: that was settled; `refunded`: all of it is back; `attention_raised`: a person is needed; `attention_cleared`: no more; `noted`: the notes changed; `changed`: time, units or party changed; `change_held`: a dearer change waits for its payment; `change_extended`: and waits longer; `change_taken`: its units are taken; `change_ended`: it fell through; `contact_corrected`: the guest’s contact data was corrected; `items_cancelled`: some items were cancelled; `visit_over`: one of several visits is over, or was missed; `refund_found`: money was given back at the payment service, past us; `disputed`: a payment is disputed, or a dispute moved on */
events?: readonly ("held" | "payment_requested" | "payment_processing" | "payment_authorized" | "payment_captured" | "payment_failed" | "payment_voided" | "hold_extended" | "reservation_confirmed" | "displaced" | "displacement_settled" | "approval_awaited" | "approved" | "meeting_made" | "confirmed" | "revival_started" | "revival_failed" | "ended" | "moved" | "refund_requested" | "refund_succeeded" | "refund_failed" | "refund_bounced" | "bounce_settled" | "refunded" | "attention_raised" | "attention_cleared" | "noted" | "changed" | "change_held" | "change_extended" | "change_taken" | "change_ended" | "contact_corrected" | "items_cancelled" | "visit_over" | "refund_found" | "disputed")[] | undefined
description?: string | null | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type WebhookEndpointChange = {
/** https; no redirect is followed */
url?: string | undefined
/** which changes of a booking; empty: all. `held`: the units are held; `payment_requested`: it can be paid; `payment_processing`: the bank is at work; `payment_authorized`: the bank has set the money aside; `payment_captured`: the money was taken; `payment_failed`: a payment failed; `payment_voided`: a payment was cancelled; `hold_extended`: the units are held longer; `reservation_confirmed`: the second of two steps; `displaced`: its unit was taken away; `displacement_settled`: that was settled; `approval_awaited`: somebody has to approve it; `approved`: somebody approved it; `meeting_made`: the meeting has a link; `confirmed`: it stands; `revival_started`: it was paid late, and may stand after all; `revival_failed`: it does not; `ended`: it was cancelled, declined or has expired; `moved`: the visit began, was completed or missed; `refund_requested`: money is to go back; `refund_succeeded`: money is back; `refund_failed`: a refund failed; `refund_bounced`: a refund came back; `bounce_settled`: that was settled; `refunded`: all of it is back; `attention_raised`: a person is needed; `attention_cleared`: no more; `noted`: the notes changed; `changed`: time, units or party changed; `change_held`: a dearer change waits for its payment; `change_extended`: and waits longer; `change_taken`: its units are taken; `change_ended`: it fell through; `contact_corrected`: the guest’s contact data was corrected; `items_cancelled`: some items were cancelled; `visit_over`: one of several visits is over, or was missed; `refund_found`: money was given back at the payment service, past us; `disputed`: a payment is disputed, or a dispute moved on */
events?: readonly ("held" | "payment_requested" | "payment_processing" | "payment_authorized" | "payment_captured" | "payment_failed" | "payment_voided" | "hold_extended" | "reservation_confirmed" | "displaced" | "displacement_settled" | "approval_awaited" | "approved" | "meeting_made" | "confirmed" | "revival_started" | "revival_failed" | "ended" | "moved" | "refund_requested" | "refund_succeeded" | "refund_failed" | "refund_bounced" | "bounce_settled" | "refunded" | "attention_raised" | "attention_cleared" | "noted" | "changed" | "change_held" | "change_extended" | "change_taken" | "change_ended" | "contact_corrected" | "items_cancelled" | "visit_over" | "refund_found" | "disputed")[] | undefined
description?: string | null | undefined
status?: "enabled" | "disabled" | undefined
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type WebhookSecret = {
id: string
/** signs the webhooks (Standard Webhooks); shown here and nowhere else */
secret: string
/** so long both secrets sign */
previous_until: string
}

export type WebhookAsk = {
/** instead of the Idempotency-Key header */
idempotency_key?: string | undefined
}

export type WebhookDelivery = {
id: string
/** the `webhook-id`: the same at every attempt, and when it is replayed */
event_id: string
booking_id: string | null
version: number | null
status: "pending" | "delivered" | "failed"
attempts: number
/** the status of the last answer */
answer: number | null
error: string | null
next_try_at: string | null
replay_of: string | null
created_at: string
settled_at: string | null
}

export type Erasure = {
customer_id: string
/** rows by table, and Temporal histories */
erased: { [name: string]: number }
kept: readonly ({
what: string
/** null: not counted here */
count: number | null
/** of what can be erased once it is over */
ids?: readonly (string)[] | undefined
reason: string
})[]
}

export type ErasureRequest = { [name: string]: never }

export type Operations = {
/** Book: hold units and get the price and the payment. Each line of business (`profile`) has its own body; the examples show one of each. Where `unit_id` is left out, a free unit is chosen. The units are held until `hold.expires_at`; the customer pays with `payment.client_secret` at the payment service, and the booking is confirmed. What is paid too late is refunded. */
createBooking: {
    args: { body: Order }
    answer: Booking
  }
/** List bookings, newest first. By cursor: pass `next_cursor` on as `cursor` until it is null. Or by `page` and `limit`, which also counts all of them. Customers and providers see their own only, whatever they filter by. */
listBookings: {
    args: { cursor?: string | undefined; page?: number | undefined; limit?: number | undefined; status?: string | undefined; profile?: "tutoring" | "clinic" | "ticketing" | "venue" | "course" | undefined; customer_id?: string | undefined; venue_id?: string | undefined; provider_id?: string | undefined; offering_id?: string | undefined; from?: string | undefined; to?: string | undefined; attention?: "true" | "false" | undefined; refund?: "pending" | "failed" | undefined; overdue?: "true" | undefined }
    answer: BookingPage
  }
/** Hold units first, and decide about paying later. The first of two steps. Takes the same body as a booking. Nothing is to be paid before the reservation is confirmed; it ends by itself at `expires_at`. */
createReservation: {
    args: { body: Order }
    answer: Reservation
  }
/** Ask whether it is free, what conflicts, and what it would cost. Up to 100 questions at once, answered in order. Nothing is held: the price is an estimate, and somebody else may be faster. */
checkAvailability: {
    args: { body: AvailabilityQuestion }
    answer: Availability
  }
/** Get a booking by its reference. The reference is what people read out on the telephone, like `ORD-W5NDT8D3ERAJ`. */
getBookingByReference: {
    args: { reference: string }
    answer: Booking
  }
/** Get a booking by its number. The number is for clients that know bookings by whole numbers. */
getBookingByNumber: {
    args: { number: number }
    answer: Booking
  }
/** Get a booking, or wait until it changes. With `wait` and `after_version` the answer comes as soon as the booking has a newer version than the one you know, or after `wait` seconds as it is. This is the way to see a payment arrive without asking again and again. */
getBooking: {
    args: { id: string; wait?: number | undefined; after_version?: number | undefined }
    answer: Booking
  }
/** Change the time, units, items, party or notes. A change that costs less gives the difference back. A change that costs more is made once `change.supplement` is paid; until then the booking stands as it is. */
changeBooking: {
    args: { id: string; body: Change }
    answer: Booking
  }
/** List what happened to a booking, version by version. Each entry is one change: who made it, when and why, and the status before and after. */
getHistory: {
    args: { id: string }
    answer: History
  }
/** List the bookings of a guest. The same filters and pages as the list of all bookings. */
listGuestBookings: {
    args: { guest_id: string; cursor?: string | undefined; page?: number | undefined; limit?: number | undefined; status?: string | undefined; profile?: "tutoring" | "clinic" | "ticketing" | "venue" | "course" | undefined; customer_id?: string | undefined; venue_id?: string | undefined; provider_id?: string | undefined; offering_id?: string | undefined; from?: string | undefined; to?: string | undefined; attention?: "true" | "false" | undefined; refund?: "pending" | "failed" | undefined; overdue?: "true" | undefined }
    answer: BookingPage
  }
/** List the bookings of a venue. For operators, services, and providers, who see their own. The same filters and pages as the list of all bookings. */
listVenueBookings: {
    args: { venue_id: string; cursor?: string | undefined; page?: number | undefined; limit?: number | undefined; status?: string | undefined; profile?: "tutoring" | "clinic" | "ticketing" | "venue" | "course" | undefined; customer_id?: string | undefined; provider_id?: string | undefined; offering_id?: string | undefined; from?: string | undefined; to?: string | undefined; attention?: "true" | "false" | undefined; refund?: "pending" | "failed" | undefined; overdue?: "true" | undefined }
    answer: BookingPage
  }
/** Read the story of a booking in plain words. Commands, timers, payments, retries and undo steps, from the runs in Temporal together with the history. While Temporal is away, the history alone. */
getTimeline: {
    args: { id: string }
    answer: Timeline
  }
/** Cancel a booking, or some of its items. What comes back follows the policy as it was when the booking was made; ask before with the preview. With `item_ids` only those items are cancelled. */
cancelBooking: {
    args: { id: string; body: Cancel }
    answer: Booking
  }
/** Ask what cancelling now would give back. The answer holds until `valid_until`, for this `version` of the booking. */
previewCancellation: {
    args: { id: string; item_ids?: string | undefined }
    answer: CancellationPreview
  }
/** Run a visit: approve, check in, start, complete, no-show. For operators and providers. Name the status to reach, or the action. POST and PUT do the same. */
changeStatus: {
    args: { id: string; body: StatusChange }
    answer: Booking
  }
/** Run a visit: approve, check in, start, complete, no-show. For operators and providers. Name the status to reach, or the action. POST and PUT do the same. */
putStatus: {
    args: { id: string; body: StatusChange }
    answer: Booking
  }
/** Correct the guest’s name, e-mail or phone. A field that is left out stays as it is; null removes it. The history says who corrected what and why. */
correctContact: {
    args: { id: string; body: ContactCorrection }
    answer: Booking
  }
/** Get a reservation, with the booking it is. */
getReservation: {
    args: { id: string }
    answer: Reservation
  }
/** Release a reservation that was not confirmed. What was released before is answered as it is. */
releaseReservation: {
    args: { id: string }
    answer: Reservation
  }
/** Confirm a reservation: it is to be paid now. The second of two steps. The answer has the payment to be made. */
confirmReservation: {
    args: { id: string; body: ConfirmReservation }
    answer: Reservation
  }
/** Hold the units for longer. How often, and how much longer, is in the policy of what was booked. */
extendHold: {
    args: { id: string; body: ExtendHold }
    answer: Booking
  }
/** Repair a booking by hand, with a reason. For operators. The reason stays in the booking’s history. `available_actions` says which operations are possible now; docs/runbook.md says when to use which. */
operateBooking: {
    args: { id: string; body: Operation }
    answer: Booking
  }
/** Put something on sale, or change it. For operators, and providers for themselves. `warnings` say what still keeps it from being sold. A policy that is not named is that of the profile. */
putOffering: {
    args: { id: string; body: Offering }
    answer: OfferingPut
  }
/** Get one offering, with the kinds of units it has. `closed_because` says why it cannot be booked now. */
getOffering: {
    args: { id: string }
    answer: OfferingOnSale
  }
/** Load slots, seats, tables, rooms or calendars. Units that are not named stay as they are. What takes places away from bookings is refused with their ids, unless `force` is named: then the latest bookings are displaced and told. */
putUnits: {
    args: { id: string; body: Units }
    answer: UnitsPut
  }
/** List the units of an offering, with what is left. Tables, rooms and calendars are had for a time: whether they are free is asked with the time, by the availability check. */
listUnits: {
    args: { id: string }
    answer: {
units: readonly (UnitOnSale)[]
}
  }
/** Take a unit off sale, or put it back. Over bookings only with `force`: they are displaced and told. */
blockUnit: {
    args: { id: string; body: Block }
    answer: Blocked
  }
/** List who sells at a venue. For operators. */
listVenueProviders: {
    args: { venue_id: string }
    answer: VenueProviders
  }
/** Let a provider sell at a venue. For operators. The tables and rooms of a venue belong to others too, so that a provider sells there only once an operator has said so. */
allowVenueProvider: {
    args: { venue_id: string; provider_id: string; body: VenueProvider }
    answer: VenueProviders
  }
/** Let a provider sell at a venue no longer. For operators. The provider’s offerings there are taken off sale. */
disallowVenueProvider: {
    args: { venue_id: string; provider_id: string }
    answer: {
off_sale: readonly (string)[]
}
  }
/** List the slots of a service, with what is left. */
listSlots: {
    args: { id: string; from?: string | undefined; to?: string | undefined }
    answer: Slots
  }
/** List the seats of an event, and which are free. */
listSeats: {
    args: { id: string }
    answer: Seats
  }
/** List the services of a clinic. */
listClinicServices: {
    args: { id: string }
    answer: ClinicServices
  }
/** List what is sold. In the order of the ids. Pass `next_cursor` on as `cursor` until it is null. */
listOfferings: {
    args: { profile?: "tutoring" | "clinic" | "ticketing" | "venue" | "course" | undefined; provider_id?: string | undefined; venue_id?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: OfferingPage
  }
/** Review a completed booking, once, as its customer. It is shown to everybody once it is published. */
createReview: {
    args: { id: string; body: NewReview }
    answer: Review
  }
/** List the reviews of a service, newest first. Published ones for everybody; all of them for its provider. */
listReviews: {
    args: { id: string; cursor?: string | undefined; limit?: number | undefined }
    answer: {
reviews: readonly (Review)[]
average: number | null
count: number
next_cursor: string | null
limit: number
}
  }
/** Show a review to everybody, or hide it again. For operators and the provider. */
publishReview: {
    args: { id: string; body: PublishReview }
    answer: Review
  }
/** List notifications, newest first. Your own. Operators and services may ask for those of somebody, or of one booking. */
listNotifications: {
    args: { user_id?: string | undefined; booking_id?: string | undefined; unread?: "true" | "false" | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: {
notifications: readonly (Notification)[]
next_cursor: string | null
limit: number
}
  }
/** Mark a notification as read. */
readNotification: {
    args: { id: string; body: ReadNotification }
    answer: Notification
  }
/** List the reminders of a booking, by their time. */
listReminders: {
    args: { id: string }
    answer: {
reminders: readonly (Reminder)[]
}
  }
/** Attach a file to a booking. As `multipart/form-data`. At most 20 files a booking. */
attachFile: {
    args: { id: string; body: FormData }
    answer: Attachment
  }
/** List the files of a booking, with who attached them. */
listAttachments: {
    args: { id: string }
    answer: {
attachments: readonly (Attachment)[]
}
  }
/** Download an attached file. */
downloadAttachment: {
    args: { id: string; attachment_id: string }
    answer: Blob
  }
/** Wait for something that is sold out. Takes the body of the booking that you want. What comes free is offered in the order of joining; the customer is told, and accepts the offer before it runs out. */
joinWaitlist: {
    args: { body: Order }
    answer: WaitlistEntry
  }
/** List entries of the waitlist, newest first. Customers and providers see their own only. */
listWaitlist: {
    args: { status?: string | undefined; profile?: "tutoring" | "clinic" | "ticketing" | "venue" | "course" | undefined; customer_id?: string | undefined; offering_id?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: WaitlistPage
  }
/** Get an entry: its place in line, or its offer. */
getWaitlistEntry: {
    args: { id: string }
    answer: WaitlistEntry
  }
/** Leave the waitlist. What was offered goes to the next in line at once. */
leaveWaitlist: {
    args: { id: string }
    answer: WaitlistEntry
  }
/** Accept the offer: it becomes a booking to pay for. */
acceptOffer: {
    args: { id: string; body: Acceptance }
    answer: Booking
  }
/** Audit what must always hold; no violation means healthy. For operators. Looks at what is open and what changed within the hour, and adds what the last reconciliation left. */
auditInvariants: {
    args: Record<string, never>
    answer: Audit
  }
/** List who gets what of each payment and refund. For operators and services; providers see their own. Newest first. */
listFinancialEntries: {
    args: { cursor?: string | undefined; limit?: number | undefined; booking_id?: string | undefined; clinic_id?: string | undefined; provider_id?: string | undefined; type?: "payment" | "refund" | undefined; status?: "pending" | "settled" | undefined; from?: string | undefined; to?: string | undefined }
    answer: {
entries: readonly (FinancialEntry)[]
next_cursor: string | null
limit: number
}
  }
/** Record that an entry was paid out, or taken back. For operators. Settling again under the same reference gives the same answer; under another one it is refused. */
settleFinancialEntry: {
    args: { id: string; body: Settle }
    answer: FinancialEntry
  }
/** Report how the clinic bookings of each month ended. Newest month first; months by the clock of the place. */
reportCompletionRates: {
    args: { from?: string | undefined; to?: string | undefined; provider_id?: string | undefined }
    answer: CompletionRates
  }
/** Report the confirmed clinic bookings ahead. Soonest first; dates and times by the clinic’s clock. */
reportUpcoming: {
    args: { from?: string | undefined; to?: string | undefined; provider_id?: string | undefined; clinic_id?: string | undefined; page?: number | undefined; limit?: number | undefined }
    answer: UpcomingBookings
  }
/** Report what was earned and what is owed. Per payee, currency and period, in minor units; periods by the clock of the place. */
reportSettlement: {
    args: { from?: string | undefined; to?: string | undefined; provider_id?: string | undefined; clinic_id?: string | undefined; period?: "day" | "month" | undefined }
    answer: Settlement
  }
/** Tell what became of a booking’s payment. For services. A fact counts once per `event_id`. The payment service is asked whether it is so, unless its word is trusted by configuration. */
tellPaymentFact: {
    args: { id: string; body: PaymentFact }
    answer: PaymentFactOutcome
  }
/** Be told of bookings by signed webhook. A customer is told of theirs, a provider of those of its offerings, an operator or a service of all. The secret is in this answer alone. */
createWebhookEndpoint: {
    args: { body: WebhookEndpointRequest }
    answer: WebhookEndpointWithSecret
  }
/** List your own endpoints. */
listWebhookEndpoints: {
    args: Record<string, never>
    answer: {
endpoints: readonly (WebhookEndpoint)[]
}
  }
/** Get an endpoint; why it was disabled, if it was. */
getWebhookEndpoint: {
    args: { id: string }
    answer: WebhookEndpoint
  }
/** Change an endpoint, or enable it again. What is left out stays. `enabled` starts afresh, with what waits. */
changeWebhookEndpoint: {
    args: { id: string; body: WebhookEndpointChange }
    answer: WebhookEndpoint
  }
/** Delete an endpoint, with what waits for it. */
deleteWebhookEndpoint: {
    args: { id: string }
    answer: WebhookEndpoint
  }
/** Get a new secret; the old one signs for another day. */
rotateWebhookSecret: {
    args: { id: string; body: WebhookAsk }
    answer: WebhookSecret
  }
/** List what was sent to an endpoint, and its answers. Newest first. For the next page, pass the last id on as `before`. */
listDeliveries: {
    args: { id: string; status?: "pending" | "delivered" | "failed" | undefined; before?: string | undefined; limit?: number | undefined }
    answer: {
deliveries: readonly (WebhookDelivery)[]
}
  }
/** Send a test event to an endpoint. */
pingWebhookEndpoint: {
    args: { id: string; body: WebhookAsk }
    answer: WebhookDelivery
  }
/** Send an event again. Under the same `webhook-id`, so that a receiver that has it can tell. */
replayDelivery: {
    args: { id: string; delivery: string; body: WebhookAsk }
    answer: WebhookDelivery
  }
/** Erase a customer. For operators. Names, addresses, notes and whatever else people wrote goes from everything of the customer that is over: bookings, their history, events and webhooks that are still stored, stored answers, notifications, reviews, attachments, the waitlist, and the histories in Temporal. The answer says what stays, and why. It may be repeated, and has to be for what was not over yet. */
eraseCustomer: {
    args: { customer_id: string; body: ErasureRequest }
    answer: Erasure
  }
}
