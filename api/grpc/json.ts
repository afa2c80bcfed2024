/**
 * A message as the JSON body that the HTTP API reads: what is absent is left out, so that both ways of asking are the same request, and maps
 * are objects, with whatever names their members were given.
 */
export function bodyOf(message: object): object {
  return Object.fromEntries(
    Object.entries(message).flatMap(([name, value]) => (isAbsent(value) ? [] : [[name, valueOf(value)]])),
  )
}

function valueOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueOf)
  if (value instanceof Map) return Object.fromEntries(value)
  return typeof value === 'object' && value !== null ? bodyOf(value) : value
}

function isAbsent(value: unknown): boolean {
  return value == null || (value instanceof Map && value.size === 0)
}

type Parameter = string | number | readonly string[] | null | undefined

/** Query parameters as a string with its `?`; what is absent or empty is left out, a list is joined by commas. */
export function queryOf(parameters: Readonly<Record<string, Parameter>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(',') : value
    return text == null || (text === '' && Array.isArray(value)) ? [] : [[name, String(text)]]
  })
  return given.length === 0 ? '' : `?${new URLSearchParams(given as [string, string][]).toString()}`
}
