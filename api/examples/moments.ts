const DAY_MS = 86_400_000
const MARK = /\{in (\d+) days at (\d\d:\d\d)\}/g

/** A date and time on the clock, so many days ahead of whoever reads the document: an example with a fixed date would be refused one day. */
export function inDays(days: number, time = '10:00'): string {
  return `{in ${days} days at ${time}}`
}

/** The document as it is read today, with each `inDays` written in. */
export function asOfToday(document: string, now: Date): string {
  return document.replaceAll(MARK, (_, days: string, time: string) => {
    const day = new Date(now.getTime() + Number(days) * DAY_MS).toISOString().slice(0, 10)
    return `${day}T${time}:00`
  })
}
