import { Refused } from '../domain/failures.ts'
import type { AttachmentStore } from '../services/ports.ts'
import { invalid } from './problems.ts'

/** What may be attached, by media type: the endings its names may have, and how such a file begins. */
const KINDS: Readonly<
  Record<string, { readonly endings: readonly string[]; readonly fits: (file: Uint8Array) => boolean }>
> = {
  'image/jpeg': { endings: ['.jpg', '.jpeg'], fits: begins('ÿØÿ') },
  'image/png': { endings: ['.png'], fits: begins('\u0089PNG\r\n\u001a\n') },
  'image/gif': { endings: ['.gif'], fits: (file) => begins('GIF87a')(file) || begins('GIF89a')(file) },
  'image/webp': { endings: ['.webp'], fits: (file) => begins('RIFF')(file) && begins('WEBP')(file.subarray(8)) },
  'application/pdf': { endings: ['.pdf'], fits: begins('%PDF-') },
  'text/plain': { endings: ['.txt', '.md', '.csv', '.log'], fits: isText },
}

export const ATTACHMENT_TYPES = Object.keys(KINDS)

/** A file as it will be kept. */
export type Upload = { readonly name: string; readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }

/** Reads an uploaded file. Refused: `payload_too_large`, or `validation_failed` at `/file` for what it is not or must not be. */
export async function uploadOf(file: File, maxBytes: number): Promise<Upload> {
  if (file.size > maxBytes) {
    throw new Refused({ code: 'payload_too_large', message: `The file is larger than ${maxBytes} bytes.` })
  }
  if (file.size === 0) throw invalid({ pointer: '/file', message: 'is empty' })
  const type = (file.type.split(';')[0] ?? '').trim().toLowerCase()
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
  if (kind === undefined) {
    throw invalid({ pointer: '/file', message: `is not of a type that is taken: ${ATTACHMENT_TYPES.join(', ')}` })
  }
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (!kind.fits(bytes)) throw invalid({ pointer: '/file', message: `is not what it says: ${type}` })
  return { name: safeName(file.name, kind.endings), type, bytes }
}

const MAX_NAME_LENGTH = 120

/**
 * A name that every system can keep and nobody is deceived by: no folders, no control characters or marks that turn the direction of writing, and an
 * ending that says what the file is.
 */
export function safeName(name: string, endings: readonly string[]): string {
  const plain = name
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/^.*[/\\]/gs, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}<>:"|?*]/gu, '')
    .replaceAll(/^[.\s]+|[.\s]+$/g, '')
  const ending = endings.find((each) => plain.toLowerCase().endsWith(each)) ?? endings[0] ?? ''
  const stem = plain.toLowerCase().endsWith(ending) ? plain.slice(0, plain.length - ending.length) : plain
  const short = stem.slice(0, MAX_NAME_LENGTH - ending.length).replace(/[\ud800-\udbff]$/, '')
  return `${short.trim() === '' ? 'file' : short}${ending}`
}

/** The headers of a download: a file is saved, not shown, and no browser guesses what it is. */
export function downloadHeaders({ name, type }: { readonly name: string; readonly type: string }) {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return {
    'content-type': type === 'text/plain' ? 'text/plain; charset=utf-8' : type,
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-store',
  }
}

/** The store. Refused `unavailable` when none is configured. */
export function storeOf(attachments: AttachmentStore | null): AttachmentStore {
  if (attachments !== null) return attachments
  throw new Refused({ code: 'unavailable', message: 'No place for attachments is configured here.' })
}

/** Runs work on the store; whatever goes wrong there may work later. Refused `unavailable`. */
export async function withStore<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new Refused({ code: 'unavailable', message: 'The store of attachments is out of reach.' }, { cause: error })
  }
}

function begins(text: string): (file: Uint8Array) => boolean {
  const signature = Buffer.from(text, 'latin1')
  return (file) => Buffer.from(file.subarray(0, signature.length)).equals(signature)
}

function isText(file: Uint8Array): boolean {
  try {
    return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/.test(
      new TextDecoder('utf-8', { fatal: true }).decode(file),
    )
  } catch {
    return false
  }
}
