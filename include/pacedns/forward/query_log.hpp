#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <spdlog/logger.h>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/flood_limit.hpp"
#include "pacedns/base/thread_check.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/forward/query_log_options.hpp"

namespace pacedns::forward {

/// One worker's part of the query log: picks the queries that are logged and writes a line for each. Every
/// n-th is picked, and of those no more than the worker's part of the rate in a second. Off, it costs a look
/// at a pointer. It does not care where the lines go; the logger must not block.
class QueryLog {
 public:
  /// A query that has been answered.
  struct Entry {
    boost::asio::ip::address client;
    bool over_tcp = false;
    Bytes question;  ///< QNAME, QTYPE and QCLASS in wire format; empty if it could not be read
    dns::Rcode rcode = dns::Rcode::NoError;
    std::string_view from;  ///< `cache`, an upstream's name, `none` or `refused`
    Duration took{};        ///< from query to response
  };

  explicit QueryLog(unsigned workers) : workers_(workers) {}

  /// Off without a logger. What was counted so far stays where sample and rate do.
  void apply(const QueryLogOptions& options, std::shared_ptr<spdlog::logger> logger);

  /// Lets a batch be passed by as a whole.
  [[nodiscard]] bool on() const { return logger_ != nullptr; }

  /// Asked once for each query that is answered: whether it is to be written.
  [[nodiscard]] bool wanted(TimePoint now) { return on() && pick(now); }

  /// Writes the query that `wanted` has just picked.
  void write(const Entry& entry);

 private:
  [[nodiscard]] bool pick(TimePoint now);

  ThreadCheck thread_;
  unsigned workers_;
  QueryLogOptions options_;
  std::shared_ptr<spdlog::logger> logger_;  // null when off
  FloodLimit rate_;
  unsigned passed_over_ = 0;   // since the last one that was sampled
  std::uint64_t skipped_ = 0;  // by the rate, before the one just picked
};

}  // namespace pacedns::forward
