// Housekeeping: keeps tables of its own of what is booked, from the stream alone. See README.md.
import { DatabaseSync } from 'node:sqlite'
import { Kafka, logLevel } from 'kafkajs'
import { openTable } from './table.ts'

const {
  KAFKA_BROKERS: brokers = '127.0.0.1:9092',
  TOPICS: topics = 'booking.events,clinic.events,venue.events,order.events,booking.changed',
  TABLE: file = 'housekeeping.sqlite',
  GROUP: groupId = 'housekeeping',
} = process.env

const table = openTable(new DatabaseSync(file))
const kafka = new Kafka({ clientId: 'housekeeping', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId })
await consumer.connect()
await consumer.subscribe({ topics: topics.split(','), fromBeginning: true })
await consumer.run({
  // The offset is committed after the event is in the table: after a crash some events come again, and none is skipped.
  eachMessage: async ({ message: { headers, value } }) => {
    if (value !== null) table.apply({ type: String(headers?.['ce_type']), body: JSON.parse(value.toString()) })
  },
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void consumer.disconnect().then(() => table.close()))
}
