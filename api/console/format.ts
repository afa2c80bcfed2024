import { toDecimal } from '../../domain/money.ts'

/** Money for people: `1,450.00 USD`; less than nothing has a sign. */
export function moneyText(amount: number, currency: string): string {
  const [whole = '', fraction] = toDecimal({ amount: Math.abs(amount), currency }).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return `${amount < 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`} ${currency}`
}

/** A day and a time on the clock of a zone: `Wed 20 Jan 2027, 20:00`. */
export function momentText(instant: string, timeZone: string): string {
  return `${dayText(instant, timeZone)}, ${clockText(instant, timeZone)}`
}

/** `Wed 20 Jan 2027` in a zone. */
export function dayText(instant: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
  return parts.format(new Date(instant)).replace(',', '')
}

/** `20:00` in a zone; with `seconds`, `20:00:07`. */
export function clockText(instant: string, timeZone: string, { seconds = false } = {}): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: seconds ? 'medium' : 'short' }).format(
    new Date(instant),
  )
}

/** From when to when; the day is said once when it is the same. */
export function spanText(start: string, end: string | null, timeZone: string): string {
  if (end === null || end === start) return momentText(start, timeZone)
  const sameDay = dayText(start, timeZone) === dayText(end, timeZone)
  return `${momentText(start, timeZone)} – ${sameDay ? clockText(end, timeZone) : momentText(end, timeZone)}`
}
