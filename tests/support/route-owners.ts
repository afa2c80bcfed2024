/** The four roles, and who may use a route: of what is their own, and of what is somebody else's. Operators and services have nothing of their own but endpoints. */
export const ROLES = ['customer', 'provider', 'operator', 'service'] as const
export type Role = (typeof ROLES)[number]

const EVERYBODY: readonly Role[] = ROLES
const STAFF: readonly Role[] = ['operator', 'service']
const BUYERS: readonly Role[] = ['customer', ...STAFF]
const SELLERS: readonly Role[] = ['provider', 'operator']
const NOBODY: readonly Role[] = []

type Who = { readonly own: readonly Role[]; readonly others: readonly Role[] }

/** What the rows speak of; `endpoint` and `delivery` are of each role's own. */
export type Thing =
  | 'visit'
  | 'reference'
  | 'number'
  | 'venue'
  | 'customer'
  | 'attachment'
  | 'entry'
  | 'notification'
  | 'review'
  | 'offering'
  | 'endpoint'
  | 'delivery'

export type RouteRow = Who & {
  /** Where it is asked for: `{thing}` stands for its id. */
  readonly at: string
  /** Of a list: what is in it for whom; all that may ask get a list. */
  readonly shows?: Who & { readonly thing: Thing }
  /** Every field of the body; each is sent by itself, with `base`. */
  readonly fields?: Readonly<Record<string, unknown>>
  readonly base?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly isUpload?: true
  /** Nobody has such a thing: what is refused is the role, with 403, and the others get 404. */
  readonly isAbsent?: true
}

const by = (own: readonly Role[], others: readonly Role[]): Who => ({ own, others })
const SEEN = by(EVERYBODY, STAFF)
/** Whose it is does not matter, but the role does. */
const role = (...roles: readonly Role[]): Who => ({ own: roles, others: roles })
const ANYBODY = role(...ROLES)
const BUSINESS = role('provider', ...STAFF)
const MINE = by(EVERYBODY, NOBODY)
const NOWHERE = '00000000-0000-4000-8000-000000000000'
const STALE = { 'if-match': '"999999"' }
const KEY = { idempotency_key: 'key-1' }
const shows = (thing: Thing, who: Who) => ({ shows: { thing, ...who } })

/** Every route whose body has no field that is somebody else's than the route is, and every route without a body. */
export const BY_ROUTE: Readonly<Record<string, RouteRow>> = {
  'GET /bookings': { ...ANYBODY, at: '/bookings?limit=100', ...shows('visit', SEEN) },
  'GET /bookings/{id}': { ...SEEN, at: '/bookings/{visit}' },
  'GET /bookings/reference/{reference}': { ...SEEN, at: '/bookings/reference/{reference}' },
  'GET /bookings/number/{number}': { ...SEEN, at: '/bookings/number/{number}' },
  'GET /bookings/guest/{guest_id}': { ...ANYBODY, at: '/bookings/guest/{customer}', ...shows('visit', SEEN) },
  'GET /bookings/venue/{venue_id}': {
    ...BUSINESS,
    at: '/bookings/venue/{venue}',
    ...shows('visit', by(['provider', ...STAFF], STAFF)),
  },
  'GET /bookings/{id}/cancellation': { ...SEEN, at: '/bookings/{visit}/cancellation' },
  'GET /bookings/{id}/history': { ...SEEN, at: '/bookings/{visit}/history' },
  'GET /bookings/{id}/timeline': { ...SEEN, at: '/bookings/{visit}/timeline' },
  'GET /bookings/{id}/events': { ...SEEN, at: '/bookings/{visit}/events' },
  'GET /bookings/{id}/reminders': { ...SEEN, at: '/bookings/{visit}/reminders' },
  'GET /bookings/{id}/attachments': { ...SEEN, at: '/bookings/{visit}/attachments' },
  'POST /bookings/{id}/attachments': { ...SEEN, at: '/bookings/{visit}/attachments', isUpload: true },
  'GET /bookings/{id}/attachments/{attachment_id}': { ...SEEN, at: '/bookings/{visit}/attachments/{attachment}' },
  'GET /reservations/{id}': { ...SEEN, at: '/reservations/{visit}' },
  'DELETE /reservations/{id}': { ...SEEN, at: '/reservations/{visit}', headers: STALE },

  'GET /waitlist': { ...ANYBODY, at: '/waitlist', ...shows('entry', SEEN) },
  'GET /waitlist/{id}': { ...SEEN, at: '/waitlist/{entry}' },
  // It is the customer who buys.
  'POST /waitlist/{id}/accept': { ...by(BUYERS, STAFF), at: '/waitlist/{entry}/accept', fields: KEY },
  'DELETE /waitlist/{id}': { ...by(BUYERS, STAFF), at: '/waitlist/{entry}' },

  'GET /notifications': {
    ...ANYBODY,
    at: '/notifications?booking_id={visit}',
    ...shows('notification', by(BUYERS, STAFF)),
  },
  'POST /notifications/{id}/read': {
    ...by(['customer'], NOBODY),
    at: '/notifications/{notification}/read',
    fields: KEY,
  },
  'POST /reviews/{id}/publish': {
    ...by(SELLERS, ['operator']),
    at: '/reviews/{review}/publish',
    fields: { is_published: true, ...KEY },
  },
  'GET /services/{id}/reviews': { ...ANYBODY, at: '/services/{offering}/reviews' },

  'GET /financial-entries': {
    ...BUSINESS,
    at: '/financial-entries?limit=100',
    ...shows('visit', by(['provider', ...STAFF], STAFF)),
  },
  'POST /financial-entries/{id}/settle': {
    ...role('operator'),
    at: `/financial-entries/${NOWHERE}/settle`,
    isAbsent: true,
    base: { transaction_reference: 't-1' },
    fields: { transaction_reference: 't-1', settlement_date: '2026-01-01T00:00:00Z', details: { a: 'b' }, ...KEY },
  },
  'GET /reports/completion-rates': { ...BUSINESS, at: '/reports/completion-rates' },
  'GET /reports/upcoming': { ...BUSINESS, at: '/reports/upcoming' },
  'GET /reports/settlement': { ...BUSINESS, at: '/reports/settlement' },
  'GET /invariants': { ...role('operator'), at: '/invariants' },

  'GET /offerings': { ...ANYBODY, at: '/offerings' },
  'GET /offerings/{id}': { ...ANYBODY, at: '/offerings/{offering}' },
  'GET /offerings/{id}/units': { ...ANYBODY, at: '/offerings/{offering}/units' },
  'GET /services/{id}/slots': { ...ANYBODY, at: '/services/{offering}/slots' },
  'GET /clinics/{id}/services': { ...ANYBODY, at: '/clinics/{venue}/services' },
  'GET /events/{id}/seats': { ...ANYBODY, at: '/events/{offering}/seats', isAbsent: true },
  'GET /venues/{venue_id}/providers': { ...role('operator'), at: '/venues/{venue}/providers' },
  'PUT /venues/{venue_id}/providers/{provider_id}': {
    ...role('operator'),
    at: '/venues/{venue}/providers/third',
    fields: {},
  },
  'DELETE /venues/{venue_id}/providers/{provider_id}': { ...role('operator'), at: '/venues/{venue}/providers/third' },
  'POST /customers/{customer_id}/erasure': { ...role('operator'), at: '/customers/nobody/erasure', fields: {} },

  'GET /webhook-endpoints': { ...ANYBODY, at: '/webhook-endpoints', ...shows('endpoint', MINE) },
  'POST /webhook-endpoints': {
    ...ANYBODY,
    at: '/webhook-endpoints',
    base: { url: 'https://127.0.0.1/one-more' },
    fields: { url: 'https://127.0.0.1/another', events: ['confirmed'], description: 'd', ...KEY },
  },
  'GET /webhook-endpoints/{id}': { ...MINE, at: '/webhook-endpoints/{endpoint}' },
  'PUT /webhook-endpoints/{id}': {
    ...MINE,
    at: '/webhook-endpoints/{endpoint}',
    fields: { url: 'https://127.0.0.1/moved', events: [], description: null, status: 'enabled', ...KEY },
  },
  'POST /webhook-endpoints/{id}/ping': { ...MINE, at: '/webhook-endpoints/{endpoint}/ping', fields: KEY },
  'POST /webhook-endpoints/{id}/rotate-secret': {
    ...MINE,
    at: '/webhook-endpoints/{endpoint}/rotate-secret',
    fields: KEY,
  },
  'GET /webhook-endpoints/{id}/deliveries': { ...MINE, at: '/webhook-endpoints/{endpoint}/deliveries' },
  'POST /webhook-endpoints/{id}/deliveries/{delivery}/replay': {
    ...MINE,
    at: '/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay',
    fields: KEY,
  },
  'DELETE /webhook-endpoints/{id}': { ...MINE, at: '/webhook-endpoints/{endpoint}' },
}
