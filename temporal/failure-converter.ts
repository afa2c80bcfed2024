import { DefaultFailureConverter } from '@temporalio/common'

/** Messages and stacks of failures go through the codec like everything else: they may name a person. Found by the SDK under this name. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
