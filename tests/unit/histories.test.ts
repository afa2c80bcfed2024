import { describe } from 'vitest'
import { playHistories } from '../model/histories.ts'

describe('H-20 H-05 a booking', () => {
  playHistories(4000, 20_261_129)
})
