-- Notes a use. Numbers are compared as numbers, and written as the text that they came in.
-- KEYS[1] the session. ARGV: when; the reference's field or nothing; its new idle expiry or nothing.
local seen = tonumber(ARGV[1])
local session = redis.call('HGET', KEYS[1], 's')
if not session then
  return 0
end
local expires = string.match(session, '^(%-?%d+) ')
if not expires then
  return -1
end
if tonumber(expires) <= seen then
  return 0
end
if ARGV[2] ~= '' then
  local reference = redis.call('HGET', KEYS[1], ARGV[2])
  if not reference then
    return 0
  end
  local ends, idle, rest = string.match(reference, '^(%-?%d+) (%-?%d*) (.*)$')
  if not ends then
    return -2
  end
  local idles = tonumber(idle)
  if tonumber(ends) <= seen or (idles and idles <= seen) then
    return 0
  end
  if idles and ARGV[3] ~= '' and tonumber(ARGV[3]) > idles then
    redis.call('HSET', KEYS[1], ARGV[2], ends .. ' ' .. ARGV[3] .. ' ' .. rest)
  end
end
local last = redis.call('HGET', KEYS[1], 't')
if not last or tonumber(last) < seen then
  redis.call('HSET', KEYS[1], 't', ARGV[1])
end
return 1
