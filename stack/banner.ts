import type { StackUrls } from './settings.ts'

/** What `npm start` prints when everything is up. */
export function banner(urls: StackUrls): string {
  const places = [
    ['API', urls.api],
    ['API docs', urls.docs],
    ['Console', `${urls.api}/console`],
    ['gRPC', urls.grpc],
    ['Temporal UI', urls.temporalUi],
    ['Sandbox', urls.sandbox],
    ['Kafka', urls.kafkaBrokers],
    ['Relay', urls.relayMetrics],
    ['Redis', urls.redisUrl],
    ['Prometheus', urls.prometheus],
    ['Grafana', urls.grafana],
    ['Traces', urls.traces],
    ...Object.entries(urls.doors ?? {}).map(([name, url]) => [`Door ${name}`, url]),
  ].filter(([, url]) => url !== undefined)
  const width = Math.max(12, ...places.map(([name = '']) => name.length))
  const lines = places.map(([name = '', url = '']) => `  ${name.padEnd(width)} ${url}`)
  return [
    '',
    'Holdfast is ready.',
    '',
    ...lines,
    '',
    'Book something:',
    '',
    bookingCommand(urls),
    '',
    'Ctrl-C stops it; data stays.',
    '',
  ].join('\n')
}

function bookingCommand({ api }: StackUrls): string {
  return `  curl -s ${api}/api/v1/bookings \\
    -H "authorization: Bearer $(npm run --silent token)" \\
    -H 'content-type: application/json' -H "idempotency-key: demo-$RANDOM" \\
    -d '{"profile": "course", "items": [{"offering_id": "demo-course"}]}'`
}
