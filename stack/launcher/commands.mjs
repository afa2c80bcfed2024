/**
 * What `npm run <name>` does: the file to run with Node 24 and its arguments. Arguments after `--` are added.
 * @type {Record<string, { run: string[], about: string }>}
 */
export const commands = {
  start: { run: ['stack/start.ts'], about: 'bring everything up, with demo data; Ctrl-C stops it, data stays' },
  test: { run: ['stack/test.ts'], about: 'run every check, and every test but the long ones' },
  'test:long': { run: ['stack/test-long.ts'], about: 'run the long tests: storms, outages, crashes, browsers' },
  check: { run: ['stack/check.ts'], about: 'format, lint, types, boundaries, unused code' },
  demo: { run: ['stack/demo.ts'], about: 'play the stories against a running `npm start`' },
  token: { run: ['stack/token.ts'], about: 'print a token of the development issuer' },
  migrate: { run: ['prisma/migrate-main.ts'], about: 'bring the database at DATABASE_URL up to date' },
  'search-attributes': {
    run: ['temporal/search-attributes-main.ts'],
    about: 'give the Temporal at TEMPORAL_ADDRESS the search attributes of bookings',
  },
  histories: { run: ['stack/histories.ts'], about: 'record the histories of stories that have none yet' },
  audit: { run: ['stack/audit.ts'], about: 'compare workflows, bookings, claims, payments and outbox; --repair' },
  dlq: { run: ['events/dlq-main.ts'], about: 'list, show and replay messages that could not be processed' },
  rollout: { run: ['temporal/rollout-main.ts'], about: 'say which version of the workers takes the bookings' },
  events: { run: ['events/publish-main.ts'], about: 'write the schemas of events and their AsyncAPI document anew' },
  model: {
    run: ['stack/model.ts'],
    about: 'play random sequences of operations, and audit every invariant after each',
  },
  lifecycles: {
    run: ['stack/lifecycles-main.ts'],
    about: 'draw the life cycles of the profiles anew (docs/lifecycles.md)',
  },
  client: {
    run: ['stack/client-main.ts'],
    about: 'write the types of clients/typescript anew from the OpenAPI document',
  },
  configuration: {
    run: ['stack/configuration-main.ts'],
    about: 'write the page of all variables anew (docs/configuration.md)',
  },
  screenshots: { run: ['stack/screenshots.ts'], about: 'take the pictures of the documents anew (needs Chromium)' },
  proto: { run: ['stack/proto.ts'], about: 'check the protobuf files and generate the gRPC code anew' },
  deps: { run: ['stack/deps.ts'], about: 'choose the versions in package-lock.json anew, none younger than a month' },
  bench: { run: ['bench/main.ts'], about: 'measure' },
}

/** The list of commands, for people. */
export function helpText() {
  const typed = (name) => (name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`)
  const width = Math.max(...Object.keys(commands).map((name) => typed(name).length))
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${typed(name).padEnd(width)}  ${about}`)
  const hint = 'Arguments for a command go after --, as in: npm test -- tests/workflows'
  return ['Holdfast', '', ...lines, '', hint].join('\n')
}
