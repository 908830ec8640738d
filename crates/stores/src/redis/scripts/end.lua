-- Removes a session with all its grants, and says whose it was and what it held: user, field, field, …
-- KEYS[1] the session. ARGV[1] whose it must be, or nothing. ARGV[2] when it must have expired, or nothing.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end
local session = redis.call('HGET', KEYS[1], 's')
local expires, user
if session then
  expires, user = string.match(session, '^(%-?%d+) (%S+) ')
end
if ARGV[1] ~= '' and ARGV[1] ~= user then
  return false
end
if ARGV[2] ~= '' and not (expires and tonumber(expires) <= tonumber(ARGV[2])) then
  return false
end
local held = redis.call('HKEYS', KEYS[1])
table.insert(held, 1, user or '')
redis.call('UNLINK', KEYS[1])
return held
