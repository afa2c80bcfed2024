import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { ReflectionService } from '@grpc/reflection'

/** What is published of the services: a google.protobuf.FileDescriptorSet, by `npm run proto`. */
const DESCRIPTOR = join(import.meta.dirname, 'descriptor.binpb')

type Package = ConstructorParameters<typeof ReflectionService>[0]

/** Server reflection, from the published descriptors. */
export function reflection(): ReflectionService {
  const fileDescriptorProtos = filesOf(readFileSync(DESCRIPTOR))
  // It reads the descriptors of a package's types and nothing else of them.
  return new ReflectionService({ holdfast: { fileDescriptorProtos } } as unknown as Package)
}

/** The files of a set, each as it is encoded: they are its only field. */
function filesOf(set: Uint8Array): Buffer[] {
  const reader = new BinaryReader(set)
  const files: Buffer[] = []
  while (reader.pos < reader.len) {
    reader.uint32()
    files.push(Buffer.from(reader.bytes()))
  }
  return files
}
