import { describe } from 'vitest'
import { playHistories } from '../model/histories.ts'

const { HISTORIES = '4000', HISTORIES_SEED = '20261129' } = process.env

describe('H-20 H-05 a booking', () => {
  playHistories(Number(HISTORIES), Number(HISTORIES_SEED))
})
