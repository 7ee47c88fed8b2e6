-- Notes that a zone is whole, unless Redis lost it again since that rebuild began. KEYS: whole. ARGV: what stood, what is to.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
