-- dnsdist as a caching forwarder.
-- Threads: one for UDP clients, one for TCP clients, one for the replies of each server, and others that hardly ever
-- run. It cannot do with fewer.
setLocal("127.0.0.1:${port}", { maxInFlight = 1000 })
setMaxTCPClientThreads(1)
setTCPRecvTimeout(60)
setSecurityPollSuffix("")

-- The policy is the default one, leastOutstanding. The default health check asks for a.root-servers.net, which these
-- upstreams do not know.
for _, address in ipairs({ ${upstreams} }) do
  newServer({ address = address, checkName = "check.pool.example.", checkType = "A" })
end
setMaxUDPOutstanding(65535)

-- A reply takes one entry, and one more if it was asked for over TCP.
getPool(""):setCache(newPacketCache(${cache}, { maxTTL = 86400 }))
