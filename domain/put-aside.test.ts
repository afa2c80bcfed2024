import { describe, expect, test } from 'vitest'
import { legalCommands } from './commands.ts'
import { onPutAside } from './put-aside.ts'
import { at, held, OPERATOR } from './testing/builders.ts'
import { after, asked, requested, told } from './testing/steps.ts'

const POISON = { message: 'succeeded evt_1', rule: 'ledger_sign (SQLSTATE 23514)' }

describe('N-19 a message that the database refuses for good', () => {
  const pending = after(held(), requested(1))
  const { booking, facts } = onPutAside(pending, POISON, at(2))

  test('calls a person, says which rule it breaks, and changes nothing else', () => {
    expect(facts).toMatchObject([{ type: 'attention_raised', reason: 'write_refused', ...POISON }])
    expect(booking).toMatchObject({
      status: 'pending',
      attention: { reason: 'write_refused' },
      payments: pending.payments,
    })
  })

  test('leaves the booking operable: it can be paid, cancelled, and is told of until somebody has looked', () => {
    const paid = after(booking, told('succeeded', 3))
    expect(paid).toMatchObject({ status: 'confirmed', attention: { reason: 'write_refused' } })
    expect(after(booking, asked('cancel', 3)).status).toBe('cancelled')
    expect(legalCommands(booking)).toContain('retry')
    const looked = after(booking, asked('retry', 4, OPERATOR))
    expect(looked.attention).toBeNull()
    expect(legalCommands(looked)).not.toContain('retry')
  })
})
