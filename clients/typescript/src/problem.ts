import type { Problem } from './schema.ts'

export type ProblemCode = Problem['code']

/** A refusal of the API: its `code` says which, `errors` where the request was wrong. Everything else that came with it is in `problem`. */
export class HoldfastProblem extends Error {
  override readonly name = 'HoldfastProblem'
  readonly status: number
  readonly code: ProblemCode
  readonly title: string
  readonly detail: string
  readonly errors: NonNullable<Problem['errors']>
  /** After so many seconds it may be different; null where the API did not say. */
  readonly retryAfter: number | null
  readonly problem: Problem

  constructor(problem: Problem, retryAfter: number | null) {
    super(`${problem.code}: ${problem.detail}`)
    this.status = problem.status
    this.code = problem.code
    this.title = problem.title
    this.detail = problem.detail
    this.errors = problem.errors ?? []
    this.retryAfter = retryAfter
    this.problem = problem
  }
}

/** What was waited for did not come in time; `last` is how it stood then. */
export class WaitedTooLong<Last> extends Error {
  override readonly name = 'WaitedTooLong'
  readonly last: Last

  constructor(last: Last) {
    super('What was waited for did not come in time.')
    this.last = last
  }
}
