-- Gives a family its next generation, if it still is of the one and the secret that the caller saw.
-- KEYS[1] the session. ARGV: the family's field, the generation, the secret's hash, the new value.
local family = redis.call('HGET', KEYS[1], ARGV[1])
if not family then
  return 0
end
local generation, hash = string.match(family, '^%-?%d+ (%d+) (%x+) ')
if not generation then
  return -1
end
if generation ~= ARGV[2] or hash ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
return 1
