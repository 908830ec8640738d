-- Removes a pointer, if it still leads to that session.
-- KEYS[1] the pointer. ARGV[1] the session.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
