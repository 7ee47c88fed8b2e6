-- Drops the pointer of a rider who was forgotten in that zone. KEYS: the rider's zone. ARGV: zone.
if string.match(redis.call('GET', KEYS[1]) or '', '^%d+:(.*)$') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
