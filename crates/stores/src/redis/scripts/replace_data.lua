-- Replaces the app's data about a session. 0: there is no session.
-- KEYS[1] the session. ARGV[1] the data.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'd', ARGV[1])
return 1
