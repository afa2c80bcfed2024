// `npm run proto`: checks the protobuf files and writes what is generated from them anew.
import { Command } from 'commander'
import { generateProto } from './proto-generate.ts'

const { breaking } = new Command('npm run proto --')
  .description('Lints api/proto, compares it with the published descriptors, and generates api/grpc anew.')
  .option('--breaking', 'also when clients of the published services would be broken by it')
  .parse()
  .opts<{ breaking?: boolean }>()

try {
  generateProto({ breaking: breaking === true })
  process.stdout.write('api/grpc/generated and api/grpc/descriptor.binpb are written.\n')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
