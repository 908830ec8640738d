-- Turns a pointer that leads nowhere to another session.
-- KEYS[1] the pointer. ARGV: where it led, where it is to lead, when it expires.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
  return 1
end
return 0
