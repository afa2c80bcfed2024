import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emailChannel, logChannel } from '../../../services/notifications.ts'
import { Undeliverable } from '../../../services/ports.ts'
import { startMailServer } from '../../support/mail-server.ts'

const FROM = 'Paws <bookings@paws.test>'
const MAIL = {
  id: randomUUID(),
  type: 'booking_confirmed',
  title: 'Booking PET-1 is confirmed — 東京',
  content: 'Vaccination on 2026-05-11 at 09:00.',
  email: 'ada@example.test',
}

type Habits = Parameters<typeof startMailServer>[0]

/** A real mail server with the habits given, and our channel to it, which waits for a silent one only so long. */
async function aMailServer(habits?: Habits, silenceMs = 2000, login = '') {
  const server = await startMailServer(habits)
  const channel = emailChannel({ url: `smtp://${login}127.0.0.1:${server.port}`, from: FROM }, silenceMs)
  onTestFinished(async () => {
    await channel.close()
    await server.close()
  })
  return { channel, mails: () => server.mails() }
}

const refusal = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode })

describe('C-08 a notification by email', () => {
  test('arrives as plain text, from us, to one person, marked as made by a machine', async () => {
    const { channel, mails } = await aMailServer()
    expect(await channel.deliver(MAIL)).toBe('sent')
    const [{ to, mail } = { to: [], mail: null }, ...others] = await mails()
    expect(others).toEqual([])
    expect(to).toEqual(['ada@example.test'])
    expect(mail).toMatchObject({
      from: { name: 'Paws', address: 'bookings@paws.test' },
      to: [{ address: 'ada@example.test' }],
      subject: MAIL.title,
      messageId: `<${MAIL.id}@paws.test>`,
    })
    expect(mail?.text?.trim()).toBe(MAIL.content)
    expect(mail?.html).toBeUndefined()
    expect(mail?.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }))
  })

  test('H-21 that is sent twice has the same Message-ID, so that it can be seen to be the same', async () => {
    const { channel, mails } = await aMailServer()
    await channel.deliver(MAIL)
    await channel.deliver(MAIL)
    expect((await mails()).map(({ mail }) => mail.messageId)).toEqual([
      `<${MAIL.id}@paws.test>`,
      `<${MAIL.id}@paws.test>`,
    ])
  })

  test('is skipped without an address, and never sent to what is none', async () => {
    const { channel, mails } = await aMailServer()
    expect(await channel.deliver({ ...MAIL, email: null })).toBe('skipped')
    for (const email of [
      '',
      'ada',
      'ada@example.test, eve@example.test',
      'ada@example.test\r\nBcc: eve@example.test',
      'Ada <ada@example.test>',
      'a b@example.test',
      '"ada"@example.test',
    ]) {
      await expect(channel.deliver({ ...MAIL, email })).rejects.toThrow(Undeliverable)
    }
    expect(await mails()).toEqual([])
  })

  test('cannot be given headers by what is in it', async () => {
    const { channel, mails } = await aMailServer()
    await channel.deliver({ ...MAIL, title: 'Hello\r\nBcc: eve@example.test\r\n\r\nbody', content: '.\r\nQUIT\r\n.' })
    const arrived = await mails()
    expect(arrived.map(({ to }) => to)).toEqual([['ada@example.test']])
    expect(arrived[0]?.mail.bcc ?? []).toEqual([])
    expect(arrived[0]?.mail.text).toContain('QUIT')
  })

  test.each([
    ['the recipient', { onRcptTo: (_, __, done) => done(refusal('no such user ada@example.test', 550)) }],
    ['the mail', { onData: (stream, _, done) => stream.resume().on('end', () => done(refusal('spam', 554))) }],
  ] satisfies [string, SMTPServerOptions][])('is given up when the server refuses %s for good', async (_, habits) => {
    const { channel } = await aMailServer(() => habits)
    const refused = channel.deliver(MAIL)
    await expect(refused).rejects.toThrow(Undeliverable)
    // Codes and no words: those of the server may name the recipient.
    await expect(refused).rejects.toThrow(/^E[A-Z]+ 55[04]$/)
  })

  test.each([
    ['refuses for now', { onRcptTo: (_, __, done) => done(refusal('try again later', 451)) }, ''],
    ['is too busy', { onConnect: (_, done) => done(refusal('too many connections', 421)) }, ''],
    [
      'does not let us in',
      { onAuth: (_, __, done) => done(refusal('who are you?', 535)), allowInsecureAuth: true },
      'us:wrong@',
    ],
  ] satisfies [string, SMTPServerOptions, string][])('may work later when the server %s', async (_, habits, login) => {
    const { channel, mails } = await aMailServer(() => habits, 2000, login)
    const failed = channel.deliver(MAIL)
    await expect(failed).rejects.toThrow(/^E[A-Z]+/)
    await expect(failed).rejects.not.toBeInstanceOf(Undeliverable)
    expect(await mails()).toEqual([])
  })

  test('H-24 may work later when the server is silent, and we do not wait for ever', async () => {
    // It accepts the connection and never says a word.
    const { channel } = await aMailServer(() => ({ onConnect: () => undefined }), 200)
    const began = Date.now()
    await expect(channel.deliver(MAIL)).rejects.not.toBeInstanceOf(Undeliverable)
    expect(Date.now() - began).toBeLessThan(4000)
  })

  test('H-24 may work later when the server hangs up in the middle, or is not there', async () => {
    const { channel } = await aMailServer((hangUp) => ({ onMailFrom: () => hangUp() }))
    await expect(channel.deliver(MAIL)).rejects.not.toBeInstanceOf(Undeliverable)
    const nobody = emailChannel({ url: 'smtp://127.0.0.1:9', from: FROM }, 500)
    await expect(nobody.deliver(MAIL)).rejects.toThrow(/ECONNREFUSED|ESOCKET|ECONNECTION/)
    await nobody.close()
  })
})

describe('C-08 a notification in the log', () => {
  test('says which and of what type, and nothing of its words or its recipient', async () => {
    const lines: string[] = []
    const channel = logChannel(pino({}, { write: (line) => void lines.push(line) }))
    expect(await channel.deliver(MAIL)).toBe('sent')
    expect(JSON.parse(lines[0]!)).toMatchObject({ notification_id: MAIL.id, type: 'booking_confirmed' })
    expect(lines.join('')).not.toMatch(/ada@|PET-1|Vaccination/)
  })
})
