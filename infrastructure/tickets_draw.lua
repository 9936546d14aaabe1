-- A tenant's ticket: that a message for it waits to be worked on.
--
-- KEYS[1]  <namespace>:ticket:<tenant id>, the ticket of that tenant while one is out
-- ARGV[1]  a new ticket, used where none is out
-- ARGV[2]  seconds after which a ticket that nobody hands in is forgotten
--
-- Returns the ticket that is out now.
local out = redis.call("GET", KEYS[1])
if out then
  return out
end
redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[2])
return ARGV[1]
