#pragma once

// How one upstream treats a query: everything a script, a per-name override or a control command may set.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pacedns/base/time.hpp"

namespace pacedns::simulator {

enum class Truncate : std::uint8_t { Never, Always, Size };
enum class TcpMode : std::uint8_t { Answer, Refuse, Silent, Close, Split };
enum class EdnsMode : std::uint8_t { Answer, FormErr, BadVers, Ignore };
enum class QuestionMode : std::uint8_t { Echo, Other, None };
enum class IdMode : std::uint8_t { Echo, Wrong };

struct Behaviour {
  Duration delay{};
  Duration jitter{};
  double loss = 0;
  double mutate = 0;
  bool dark = false;
  bool refuse = false;
  bool qr = true;
  bool soa = true;
  bool authentic_data = false;
  std::uint16_t rcode = 0;
  Truncate truncate = Truncate::Never;
  TcpMode tcp = TcpMode::Answer;
  EdnsMode edns = EdnsMode::Answer;
  QuestionMode question = QuestionMode::Echo;
  IdMode id = IdMode::Echo;
  unsigned duplicate = 1;
  std::uint32_t ttl = 300;
};

/// A key and its value, both as text, checked against `apply_setting`.
using Setting = std::pair<std::string, std::string>;

/// Whether `key` is one that `apply_setting` takes.
[[nodiscard]] bool is_setting(std::string_view key);

/// Whether `key` is about the sockets and so cannot differ from name to name.
[[nodiscard]] bool is_socket_setting(std::string_view key);

/// Changes one field. Throws ValueError for an unknown key or an unusable value.
void apply_setting(Behaviour& behaviour, std::string_view key, std::string_view value);

}  // namespace pacedns::simulator
