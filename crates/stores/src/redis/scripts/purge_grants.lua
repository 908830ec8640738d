-- Removes grants that have expired, and names their fields.
-- KEYS[1] the session. ARGV: the moment; how many references and how many families at most.
local now = tonumber(ARGV[1])
local left = { r = tonumber(ARGV[2]), f = tonumber(ARGV[3]) }
local removed = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local kind = string.match(all[i], '^([rf]):')
  local expires = kind and string.match(all[i + 1], '^(%-?%d+) ')
  if expires and left[kind] > 0 and tonumber(expires) <= now then
    left[kind] = left[kind] - 1
    redis.call('HDEL', KEYS[1], all[i])
    table.insert(removed, all[i])
  end
end
return removed
