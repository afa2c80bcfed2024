const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }

/** A log line in JSON, as pino writes it, for people; any other line as it is. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const { level, time, msg, pid: _pid, hostname: _hostname, name: _name, err, ...rest } = entry
  if (typeof msg !== 'string') return line
  const at = typeof time === 'number' || typeof time === 'string' ? new Date(time).toTimeString().slice(0, 8) : ''
  const more = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = (err as { stack?: string } | undefined)?.stack
  const parts = [at, typeof level === 'number' ? (levels[level] ?? level) : level, msg, ...more].filter(Boolean)
  return parts.join(' ') + (stack === undefined ? '' : `\n${stack}`)
}
