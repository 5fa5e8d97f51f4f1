"""export -> canonical table: where data comes from, how its values are read, what becomes of rows that are not."""
