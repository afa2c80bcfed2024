import { lookup as resolve, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Which addresses requests may leave for (W-05): those of the internet; `all`: any; or besides those that are listed. */
export type AllowedAddresses = { readonly all: boolean; readonly listed: Networks }

/** By family: Node's lists take an IPv4 address for the IPv6 address that it is mapped to, too. */
type Networks = { readonly ipv4: BlockList; readonly ipv6: BlockList }

/** The addresses of the internet, and no others. */
export const PUBLIC_ONLY: AllowedAddresses = { all: false, listed: listOf([]) }

/** A request to an address that is not allowed. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'
}

/** Everything that is not the internet: IANA's special-purpose registries, and the forms of IPv6 that carry an IPv4 address. */
const FORBIDDEN = listOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** Reads `true`, `false`, or addresses and networks (`10.1.0.0/16,::1`). Null: it is none of those. */
export function allowedAddresses(text: string): AllowedAddresses | null {
  if (text === 'true' || text === 'false') return { ...PUBLIC_ONLY, all: text === 'true' }
  try {
    return { all: false, listed: listOf(text.split(',').map((entry) => entry.trim())) }
  } catch {
    return null
  }
}

/** May a request leave for an address? */
export function isAllowed(address: string, { all, listed }: AllowedAddresses): boolean {
  const version = isIP(address)
  if (version === 0) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  return all || listed[family].check(address, family) || !FORBIDDEN[family].check(address, family)
}

/** The address that a URL's host is, without brackets; null: it is a name. */
export function addressIn(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? null : bare
}

/**
 * Looks a name up for a connection, once, and hands on only what is allowed: the connection goes to the very address that was judged, so that a name
 * which says something else a moment later is of no use. One forbidden address among several forbids the name.
 */
export function guardedLookup(allowed: AllowedAddresses): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, [])
      const [first] = addresses
      const forbidden = addresses.find(({ address }) => !isAllowed(address, allowed))
      if (first === undefined || forbidden !== undefined) {
        return callback(new ForbiddenAddress(`${hostname} has an address that is not public`), [])
      }
      if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

/** Throws for what is no address or network. */
function listOf(networks: readonly string[]): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    lists[family].addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
  }
  return lists
}
