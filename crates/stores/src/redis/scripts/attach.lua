-- Adds a grant to a session. 0: there is no session. 2: the session has such a grant.
-- KEYS[1] the session. ARGV: the grant's field, its value.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 2
end
return 1
