// `npm run proto`: checks the protobuf files and writes what is generated from them anew.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { generateProto } from './proto-generate.ts'

const program = commandLine(
  'proto',
  'Lints api/proto, compares it with the published descriptors, and generates api/grpc anew.',
)
  .option('--breaking', 'also when clients of the published services would be broken by it')
  .action(({ breaking }: { breaking?: true }) => {
    generateProto({ breaking: breaking === true })
    process.stdout.write('api/grpc/generated and api/grpc/descriptor.binpb are written.\n')
  })

await runCommand(program)
