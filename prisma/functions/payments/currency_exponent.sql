-- Decimals of a currency's minor unit, as domain/currencies.ts has them (a test compares the two).
CREATE OR REPLACE FUNCTION currency_exponent(p_currency text) RETURNS int LANGUAGE sql IMMUTABLE RETURN
  CASE
    WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN p_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    ELSE 2
  END;
