import { Command } from 'commander'
import { Failure } from '../stack/launcher/tool.mjs'

/**
 * The command line of `npm run <name>`. What was typed wrongly is answered in one sentence, with what to type to see what there is; `--help` is always
 * there.
 */
export function commandLine(name: string, about: string): Command {
  const typed = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`
  return new Command(`${typed} --`).description(about).configureOutput({
    outputError: (text, write) => write(`${sentence(text)} \`${typed} -- --help\` says what it takes.\n`),
  })
}

/** Runs the command that was typed; a failure is told in one sentence. Gives the exit code, which is set as well: `failed` after a failure. */
export async function runCommand(program: Command, failed = 1): Promise<number> {
  try {
    await program.parseAsync()
  } catch (error) {
    process.stderr.write(`${told(error)}\n`)
    process.exitCode = failed
  }
  return Number(process.exitCode ?? 0)
}

/** Does what needs a server. When that cannot be reached, the failure says where it should be and what to do about it. */
export async function reaching<Answer>(what: string, wayOut: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!isOutOfReach(error)) throw error
    throw new Failure(`${what} cannot be reached: ${wayOut}.`, { cause: error })
  }
}

/** Where a server is, without the password that may be in its URL. */
export function placeOf(url: string): string {
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: url, pathname: '' }
  return `${host}${pathname}`
}

const NETWORK =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UNAVAILABLE|before the deadline|Can't reach database|Connection (error|timeout)|No connection established/i

/** Is the network, or a server that does not run, the trouble? Libraries say so in words, in codes, and in causes of causes. */
function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  const within = error instanceof AggregateError ? error.errors : []
  return NETWORK.test(`${code} ${error.message}`) || [error.cause, ...within].some(isOutOfReach)
}

/** "error: unknown option '--frob'\n(Did you mean --from?)" as a sentence. */
function sentence(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}${/[.)]$/.test(line) ? '' : '.'}`
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (process.env['HOLDFAST_DEBUG']) return error.stack ?? error.message
  const ours = error.message.trim()
  const isPlain = ours !== '' && !['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError'].includes(error.name)
  return isPlain
    ? ours
    : `Something went wrong here (${ours || error.name}): HOLDFAST_DEBUG=1 before the command shows where.`
}
