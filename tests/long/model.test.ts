import { playSequences } from '../model/sequences.ts'

playSequences(300, 20_261_121)
