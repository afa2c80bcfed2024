// Housekeeping: keeps a table of its own of every booking, from the stream alone. See README.md.
import { Kafka, logLevel } from 'kafkajs'
import { openTable } from './table.ts'

const {
  KAFKA_BROKERS: brokers = '127.0.0.1:9092',
  TOPICS:
    topics = 'booking.events,clinic.events,venue.events,order.events,booking.created,booking.confirmed,booking.cancelled,payment.processed',
  TABLE: file = 'housekeeping.sqlite',
  GROUP: groupId = 'housekeeping',
} = process.env

const table = openTable(file)
const kafka = new Kafka({ clientId: 'housekeeping', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId })
await consumer.connect()
await consumer.subscribe({ topics: topics.split(','), fromBeginning: true })
await consumer.run({
  // The offset is committed after the event is in the table: after a crash some events come again, and none is skipped.
  eachMessage: async ({ message: { headers, value } }) => {
    const header = (name: string) => String(headers?.[name] ?? '')
    if (header('ce_id') === '' || value === null) return
    table.apply({
      id: header('ce_id'),
      type: header('ce_type'),
      source: header('ce_source'),
      subject: header('ce_subject'),
      sequence: header('ce_sequence'),
      body: JSON.parse(value.toString()),
    })
  },
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void consumer.disconnect().then(() => table.close()))
}
