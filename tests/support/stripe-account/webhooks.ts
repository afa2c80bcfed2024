import { createHmac } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { newId } from './books.ts'
import { eventObject } from './objects.ts'

/** Something that was told, or will be. */
export type Event = {
  readonly id: string
  readonly type: string
  readonly created: number
  readonly data: { object: Told }
}
type Told = { readonly id: string; readonly payment_intent?: string }

/** How often an event is sent while nobody takes it. Stripe goes on for three days. */
const TRIES = 40
const PAUSE_MS = 250

/**
 * Tells an endpoint what happened, each event as it was at that moment, all of them at once and in no order: so does Stripe. What is `kept` back is sent when
 * a test says so, in its order, and as often as it likes; what is `lost` never comes.
 */
export class Webhooks {
  mode: 'sent' | 'kept' | 'lost' = 'sent'
  /** Where they go; null: nobody listens. */
  endpoint: string | null = null
  /** Every event there has been. */
  readonly all: Event[] = []
  readonly #secret: string
  readonly #underWay = new Set<Promise<unknown>>()
  #kept: Event[] = []

  constructor(secret: string) {
    this.#secret = secret
  }

  tell(type: string, object: object, created: number): void {
    const event = eventObject(newId('evt'), type, created, object) as Event
    this.all.push(event)
    if (this.mode === 'kept') this.#kept.push(event)
    if (this.mode === 'sent' && this.endpoint !== null) this.#track(this.#insist(event))
  }

  /** Takes what was kept back; the next ones are sent again. */
  takeKept(): readonly Event[] {
    const kept = this.#kept
    this.#kept = []
    this.mode = 'sent'
    return kept
  }

  /** Sends events one after the other, and answers with what each was answered; throws when nobody takes one, however often it is sent. */
  async send(events: readonly Event[], tries = TRIES): Promise<string[]> {
    const outcomes: string[] = []
    for (const event of events) outcomes.push(await this.#insist(event, tries))
    return outcomes
  }

  /** Waits until everything that was sent has been taken. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #track(sending: Promise<unknown>): void {
    this.#underWay.add(sending)
    void sending.finally(() => this.#underWay.delete(sending))
  }

  async #insist(event: Event, tries = TRIES): Promise<string> {
    for (let left = tries; ; left -= 1) {
      const response = await this.#post(event)
      if (response.ok) return ((await response.json()) as { outcome: string }).outcome
      const text = await response.text()
      if (left <= 1) throw new Error(`nobody took ${event.type}: ${response.status} ${text}`)
      await setTimeout(PAUSE_MS)
    }
  }

  #post(event: Event): Promise<Response> {
    const body = JSON.stringify(event)
    const at = Math.floor(Date.now() / 1000)
    // docs.stripe.com/webhooks#verify-manually: the time, a full stop, and the body as it is sent.
    const v1 = createHmac('sha256', this.#secret).update(`${at}.${body}`).digest('hex')
    const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${v1}` }
    return fetch(this.endpoint ?? '', { method: 'POST', headers, body })
  }
}
