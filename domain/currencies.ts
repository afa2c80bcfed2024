/**
 * ISO 4217: how many decimals each currency has. Our own table, because `Intl` follows CLDR, which disagrees with the standard (IDR, HUF)
 * and moves with the ICU of the day. Codes that are not money one can charge (XXX, XTS, metals, funds codes) are left out on purpose.
 */
const NO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND'
const TWO_DECIMALS =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
  'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK ' +
  'LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON ' +
  'RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST ' +
  'XCD XCG YER ZAR ZMW ZWG'

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  [[NO_DECIMALS, 0] as const, [TWO_DECIMALS, 2] as const, [THREE_DECIMALS, 3] as const].flatMap(([codes, exponent]) =>
    codes.split(' ').map((code) => [code, exponent] as const),
  ),
)

/** Is this an ISO 4217 code one can charge in? Upper case only. */
export function isCurrency(code: string): boolean {
  return EXPONENTS.has(code)
}

/** Decimals of a currency's minor unit (USD 2, JPY 0, KWD 3). Throws a RangeError for a code that is not in the table. */
export function exponentOf(currency: string): number {
  const exponent = EXPONENTS.get(currency)
  if (exponent === undefined) throw new RangeError(`${JSON.stringify(currency)} is not an ISO 4217 currency`)
  return exponent
}
