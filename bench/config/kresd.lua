-- Knot Resolver as a caching forwarder in one process, which has one thread.
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
net.ipv6 = false
net.bufsize(1232)
net.tcp_pipeline(1000)
log_target('stderr')

-- Without trust anchors FORWARD validates nothing. STUB is not for this: it keeps replies for cache.min_ttl, which is
-- five seconds, whatever their TTL.
trust_anchors.remove('.')
policy.add(policy.all(policy.FLAGS({ 'NO_0X20' })))
policy.add(policy.all(policy.FORWARD({ ${upstreams} })))

-- A forwarder has no use for root servers or trust anchors.
modules.unload('priming')
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('ta_sentinel')
modules.unload('detect_time_skew')

-- When the cache is full, all of it is dropped; there is room enough not to need kres-cache-gc.
cache.open(${cache}, 'lmdb://${folder}/cache')
