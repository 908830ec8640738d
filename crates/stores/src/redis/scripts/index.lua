-- Notes a session among those of its user. The index lives as long as the last session in it can.
-- KEYS[1] the index. ARGV: the session, when it expires, for how much longer it is kept.
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.max(1, tonumber(last[2]) + tonumber(ARGV[3]))))
return 1
