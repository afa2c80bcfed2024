import { playSequences } from './sequences.ts'

// `npm run model -- --sequences 2000 --seed 7` sets these; in `npm test` it is a taste of what tests/long/model.test.ts plays.
playSequences(Number(process.env['MODEL_SEQUENCES'] ?? 60), Number(process.env['MODEL_SEED'] ?? 20_261_129))
