import type { ProfileName } from '../../profiles/profile.ts'
import type { OfferingOnSale } from '../routes/catalogue.ts'
import type { Ask } from './ask.ts'
import type { Form } from './form.ts'
import type { Who } from './session.ts'

/** What the choice of something to book is made of. */
export type Choosing = {
  readonly offering: OfferingOnSale
  readonly ask: Ask
  readonly who: Who
  /** What has been asked for or chosen already: a day, seats that were wanted before one of them was taken. */
  readonly wanted: Form
}

const PAGE = 200
const MAX_PAGES = 5

/** What is sold, as far as one page of it is any use: a thousand offerings of a profile or of all. */
export async function offeringsOf(ask: Ask, profile?: ProfileName): Promise<OfferingOnSale[]> {
  const all: OfferingOnSale[] = []
  let cursor: string | null = ''
  for (let round = 0; round < MAX_PAGES && cursor !== null; round += 1) {
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(cursor !== '' && { cursor }),
      ...(profile && { profile }),
    })
    const answer: { offerings: OfferingOnSale[]; next_cursor: string | null } = await ask.read(
      `/offerings?${query.toString()}`,
    )
    all.push(...answer.offerings)
    cursor = answer.next_cursor
  }
  return all.toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
}
