// `npm run model`: random sequences of operations over all profiles (tests/model), more of them or others than `npm test` plays.
import { randomInt } from 'node:crypto'
import { InvalidArgumentError } from 'commander'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { say } from './launcher/progress.mjs'
import { runTests } from './tests.ts'

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(text)
}

const program = commandLine(
  'model',
  'Plays random sequences of operations over all profiles, and audits every invariant after each.',
)
  .option('--sequences <number>', 'how many', whole, 2000)
  .option(
    '--seed <number>',
    'to play the same ones again; otherwise one is drawn and printed',
    whole,
    randomInt(1, 1_000_000_000),
  )
  .action(async ({ sequences, seed }: { sequences: number; seed: number }) => {
    say(
      `${sequences} sequences, seed ${seed}; the same again: npm run model -- --sequences ${sequences} --seed ${seed}`,
    )
    process.env['MODEL_SEQUENCES'] = String(sequences)
    process.env['MODEL_SEED'] = String(seed)
    const { ok } = await runTests(['tests/model'])
    process.exitCode = ok ? 0 : 1
  })

await runCommand(program)
