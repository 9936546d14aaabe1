-- Hands in a tenant's ticket: the work that it stands for is about to begin.
--
-- KEYS[1]  <namespace>:ticket:<tenant id>, as in tickets_draw.lua
-- ARGV[1]  the ticket that came with a message
--
-- Returns 1 where it was the one that is out, else 0: the work was begun under an earlier copy of
-- the message, or Valkey forgot.
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("DEL", KEYS[1])
end
return 0
