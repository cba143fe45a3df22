#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pacedns/base/tunable.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/net/prefix.hpp"

namespace pacedns::forward {

/// Whether the addresses of all upstreams are united in the cache.
enum class Merge : std::uint8_t { Addresses, Off };

/// Whether upstreams are asked in random letter case: those that keep it, or none.
enum class CaseRandomization : std::uint8_t { Auto, Off };

/// A flight with waiters costs a few KiB and a handful of ports.
inline constexpr Tunable<std::size_t> kInflightQueries{10000, 1, 1000000};

/// 0 remembers no flight that is over. One takes about a KiB, so the default holds some thousands; a million
/// of them is more than anybody reads.
inline constexpr Tunable<std::size_t> kHistorySize{4 * cache::kMiB, 0, 1024 * cache::kMiB};

/// Who answers for names that exist on this host only, or nowhere: see SpecialNames.
enum class SpecialNamePolicy : std::uint8_t { Local, Forward };

/// A name in wire format and lower case.
using WireName = std::vector<std::uint8_t>;

/// Which answers are ours, and which of the upstreams' answers do not pass.
struct AnswerOptions {
  SpecialNamePolicy special_names = SpecialNamePolicy::Local;
  std::vector<WireName> forward_names;        ///< those at or below them are forwarded all the same
  std::vector<net::Prefix> ignore_addresses;  ///< a response with one of them is none
  bool rebind_protection = false;             ///< public upstreams give no private addresses
  std::vector<WireName> rebind_exceptions;    ///< but for those at or below these names

  friend bool operator==(const AnswerOptions&, const AnswerOptions&) = default;
};

struct ForwardOptions {
  std::size_t inflight_queries = kInflightQueries.default_value;  ///< distinct questions being resolved
  Merge merge = Merge::Addresses;
  std::size_t history = kHistorySize.default_value;  ///< bytes for flights that are over, of all workers

  AnswerOptions answers;
  CaseRandomization case_randomization = CaseRandomization::Auto;

  friend bool operator==(const ForwardOptions&, const ForwardOptions&) = default;
};

}  // namespace pacedns::forward
