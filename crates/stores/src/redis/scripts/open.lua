-- Stores a whole session, unless one of its name is there.
-- KEYS[1] the session. ARGV[1] when its key expires; then field, value, field, value, …
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
for i = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIREAT', KEYS[1], ARGV[1])
return 1
