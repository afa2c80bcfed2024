-- Some of its units have a price of their own: what nobody named is priced after it was chosen (R-07).
ALTER TABLE offerings ADD COLUMN priced_by_unit BOOLEAN NOT NULL DEFAULT false;
UPDATE offerings o SET priced_by_unit = true WHERE EXISTS (SELECT FROM units u WHERE u.offering_id = o.id AND u.price_amount IS NOT NULL);
