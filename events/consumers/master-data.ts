import { z } from 'zod'
import { fromDecimal } from '../../domain/money.ts'
import { isText } from '../../domain/text.ts'
import { findOffering } from '../../prisma/catalogue.ts'
import type { ConsumedMessage } from '../../prisma/consumed.ts'
import type { Database } from '../../prisma/client.ts'
import { takeMasterData, type MasterData } from '../../prisma/master-data.ts'
import type { Forget } from '../../services/cached.ts'
import { Decimal, Id, InstantText, read, Text, Unreadable } from './reading.ts'

const UserUpdated = z.object({
  user_id: Id,
  email: Text.nullish(),
  full_name: Text,
  phone_number: Text.nullish(),
  updated_at: InstantText,
})

const PetUpdated = z.object({
  pet_id: Id,
  name: Text,
  species: Text,
  breed: Text.nullish(),
  updated_at: InstantText,
})

const ClinicUpdated = z.object({
  clinic_id: Id,
  name: Text,
  address: z.string().max(2000).refine(isText, 'has characters that are not text').nullish(),
  phone_number: Text.nullish(),
  updated_at: InstantText,
})

const ServiceUpdated = z.object({
  service_id: Id,
  clinic_id: Id,
  name: Text,
  price: Decimal,
  duration_minutes: z.int().min(1).max(100_000),
  is_available: z.boolean(),
  updated_at: InstantText,
})

type Reader = (database: Database, message: ConsumedMessage) => Promise<MasterData>

/** What each topic says of the clinic's master data (C-11). Throws Unreadable. */
const READERS: Readonly<Record<string, Reader>> = {
  'user.updated': async (_database, { value }) => {
    const { user_id: id, full_name: name, email, phone_number: phone, updated_at } = read(UserUpdated, value)
    return { kind: 'user', id, data: { name, email: email ?? null, phone: phone ?? null }, updatedAt: updated_at }
  },
  'pet.updated': async (_database, { value }) => {
    const { pet_id: id, name, species, breed, updated_at } = read(PetUpdated, value)
    return { kind: 'pet', id, data: { name, species, breed: breed ?? null }, updatedAt: updated_at }
  },
  'clinic.updated': async (_database, { value }) => {
    const { clinic_id: id, name, address, phone_number: phone, updated_at } = read(ClinicUpdated, value)
    return { kind: 'clinic', id, data: { name, address: address ?? null, phone: phone ?? null }, updatedAt: updated_at }
  },
  'service.updated': async (database, { value }) => {
    const { service_id: id, updated_at, price, ...data } = read(ServiceUpdated, value)
    // The message names no currency: it is the one the service is sold in here. One that is not sold here has no price of ours to change.
    const currency = (await findOffering(database, id))?.price.currency
    const amount = currency === undefined ? null : minorUnits(price, currency)
    return { kind: 'service', id, data: { ...data, price, price_amount: amount }, updatedAt: updated_at }
  },
}

/**
 * Takes a message of master data; null when the topic is not one of its. Safe to repeat: older and equal news changes nothing. `forget` is told what
 * changed, after it is written: who dies in between takes the message again.
 */
export async function applyMasterData(
  database: Database,
  message: ConsumedMessage,
  forget: Forget,
): Promise<'applied' | 'stale' | null> {
  const reader = READERS[message.topic]
  if (reader === undefined) return null
  const news = await reader(database, message)
  if (!(await takeMasterData(database, news))) return 'stale'
  await forget(news.kind, news.id)
  return 'applied'
}

function minorUnits(price: string, currency: string): number {
  try {
    return fromDecimal(price, currency).amount
  } catch (error) {
    throw new Unreadable(`The price is wrong: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
