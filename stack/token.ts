// `npm run token`: a JWT of the development issuer, for trying the API by hand.
import { Option } from 'commander'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { runningStack } from './running.ts'
import { tokenFor, type Bearer } from './sandbox-token.ts'

const roles = ['customer', 'student', 'provider', 'operator', 'service']

const program = commandLine('token', 'Prints a token of the development issuer of a running `npm start`.')
  .addOption(new Option('--role <role>', 'what they are').choices(roles).default('customer'))
  .option('--sub <id>', 'who it is for', 'ada')
  .option('--name <name>', 'their name')
  .action(async (bearer: Bearer) => {
    process.stdout.write(`${await tokenFor(runningStack().sandbox, bearer)}\n`)
  })

await runCommand(program)
