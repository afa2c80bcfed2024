export { booking } from './booking.ts'
export { audit, reconcile } from './reconcile.ts'
