-- The release of before makes its tables anew and fills them from the log.
SELECT 1;
