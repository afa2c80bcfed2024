import { describe } from 'vitest'
import { playHistories } from '../model/histories.ts'

// Another seed looks further than the last run did.
describe('H-20 H-05 a booking', () => {
  playHistories(200_000, Number(process.env['HISTORIES_SEED'] ?? 20_261_129))
})
