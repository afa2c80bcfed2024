import { createTransport } from 'nodemailer'
import type { Logger } from 'pino'
import { Undeliverable, type NotificationChannel } from './ports.ts'

/** An address a mail can be sent to: one, without anything that could make it two, or a header. */
const ADDRESS = /^[^\s<>(),;:"@\\]{1,64}@[^\s<>(),;:"@\\]{1,255}$/

/** How long a mail server may be silent, in milliseconds: nobody waits for a mail, but a poller holds what it claimed for two minutes. */
const SILENCE_MS = 10_000

/**
 * Email over SMTP. The Message-ID is made of the notification's id: one that is sent twice, because a process died between sending and noting it, is
 * the same mail to every mailbox that looks. Throws Undeliverable when the server refuses the mail or its recipient for good.
 */
export function emailChannel(
  { url, from }: { readonly url: string; readonly from: string },
  silenceMs = SILENCE_MS,
): NotificationChannel {
  const transport = createTransport({
    url,
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    // What is sent is text of ours: nothing is to be fetched or read from disk for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = from.replace(/^.*@/, '').replace(/[^\w.-]/g, '')
  return {
    name: 'email',
    async deliver({ id, email, title, content }) {
      if (email === null) return 'skipped'
      if (!ADDRESS.test(email)) throw new Undeliverable('bad_address')
      try {
        await transport.sendMail({
          messageId: `<${id}@${domain}>`,
          from,
          to: { name: '', address: email },
          subject: title,
          text: `${content}\n`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        const code = memberOf(error, 'code')
        const status = memberOf(error, 'responseCode')
        const detail =
          [code, status].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ') || 'failed'
        const isRefusedForGood =
          typeof status === 'number' && status >= 500 && code !== 'EAUTH' && code !== 'ECONNECTION'
        throw isRefusedForGood ? new Undeliverable(detail) : new Error(detail, { cause: error })
      }
      return 'sent'
    },
    async close() {
      transport.close()
    },
  }
}

/** Writes that there is a notification, and nothing of what is in it or whom it is for. */
export function logChannel(log: Logger): NotificationChannel {
  return {
    name: 'log',
    async deliver({ id, type }) {
      log.info({ notification_id: id, type }, 'notification')
      return 'sent'
    },
    async close() {},
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
