-- name: epoch
SELECT epoch::text FROM log.restores ORDER BY began_at DESC LIMIT 1
